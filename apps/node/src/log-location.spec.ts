import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataFiles } from './data-files.ts';
import { existingLog, logLocation } from './log-location.ts';
import { openNodeLog } from './open-node-log.ts';
import { backUp } from './operations/back-up.ts';
import { restore } from './operations/restore.ts';

const database = 'postgresql://user:secret@127.0.0.1:1/log';
let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'countersign-location-'));
});
afterEach(() => rmSync(data, { recursive: true }));

describe('where a log is', () => {
  it('is its data folder, or its database', () => {
    expect(logLocation({ data })).toBe(dataFiles(data).log);
    expect(logLocation({ data, database })).toBe(database);
    expect(() => existingLog({ data })).toThrow(expect.objectContaining({ code: 'ERR_STORAGE' }));
    expect(existingLog({ data, database })).toBe(database);
    writeFileSync(dataFiles(data).log, '');
    expect(existingLog({ data })).toBe(dataFiles(data).log);
  });

  it('is one of them', async () => {
    writeFileSync(dataFiles(data).log, '');
    const never = (): never => {
      throw new Error('it was opened');
    };
    await expect(
      openNodeLog({ data, database, readOnly: false }, never, never as never, never as never),
    ).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: expect.stringContaining('needs a data folder without one'),
    });
  });

  it('decides who backs it up', async () => {
    const refused = { code: 'ERR_CONFIG_INVALID', message: expect.stringMatching(/^(?!.*secret).*pg_dump/) };
    await expect(backUp({ data, database, to: join(data, 'to'), withKeys: true })).rejects.toMatchObject(refused);
    await expect(restore({ data, database, from: data })).rejects.toMatchObject(refused);
  });
});
