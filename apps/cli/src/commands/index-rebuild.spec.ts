import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, type NodeConfig, startNode } from '@countersign/node';
import { exitCodes } from '../exit-code.ts';
import { runIn } from '../testing/test-io.ts';

let folder: string;
let config: NodeConfig;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-rebuild-'));
  const flags = { data: join(folder, 'data'), dev: true, port: 0, admission: { workers: 1 } };
  ({ config } = await loadConfig({ flags }));
});
afterEach(() => rm(folder, { recursive: true }));

const quiet = { logSink: { write: () => {} } };

describe('index rebuild', () => {
  it('makes the index of a stopped node, and not of a running one', async () => {
    const node = await startNode(config, quiet);
    const args = ['index', 'rebuild', '--data', config.data];
    const running = await runIn(folder, args);
    expect(running.code).toBe(exitCodes.failed);
    expect(running.err).toContain('ERR_DATA_LOCKED');
    await node.close();

    await rm(join(config.data, 'search.sqlite'));
    // Entry 0 is the log's own, a hashedrekord: its key and its digest.
    const made = `Made the search index of ${config.data} again: entries 1, keys 2.\n`;
    expect(await runIn(folder, args)).toEqual({ code: 0, out: made, err: '' });
    expect(existsSync(join(config.data, 'search.sqlite'))).toBe(true);

    // As `up` reads it: from a file that fits a public node, too.
    const file = join(folder, 'node.yaml');
    await writeFile(file, `data: ${config.data}\nhost: 0.0.0.0\npublicUrl: https://log.example\n`);
    expect((await runIn(folder, ['index', 'rebuild', '--config', file])).out).toBe(made);
    expect((await runIn(folder, ['index', 'rebuild'], { env: { COUNTERSIGN_DATA: config.data } })).out).toBe(made);
  });

  it('is refused where there is no log', async () => {
    const { code, out, err } = await runIn(folder, ['index', 'rebuild', '--data', join(folder, 'none')]);
    expect({ code, out }).toEqual({ code: exitCodes.failed, out: '' });
    expect(err).toContain(`there is no log in ${join(folder, 'none')}`);
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });
});
