import { CountersignError } from '@countersign/errors';
import { type Logger, pino } from 'pino';
import { loadConfig } from './config/load-config.ts';
import { type Reloadable, Reloader } from './reloader.ts';

let lines: { level: number; msg: string; [name: string]: unknown }[];
let logger: Logger;
let changes: string[];
beforeEach(() => {
  lines = [];
  logger = pino({ base: null, timestamp: false }, { write: (line) => lines.push(JSON.parse(line)) });
  changes = [];
});

const load = (flags: Record<string, unknown> = {}) =>
  loadConfig({ flags: { dev: true, admission: { workers: 1 }, ...flags } });
const proxies = (...trustedProxies: string[]) => ({ log: { admission: { trustedProxies } } });
const said = () =>
  lines.map(({ level, msg, settings, changed }) => [pino.levels.labels[level], msg, settings ?? changed]);

async function reloader(change: Partial<Reloadable> = {}): Promise<Reloader> {
  const { config } = await load();
  return new Reloader(config, {
    admission: { change: async () => void changes.push('policies') },
    gate: { change: ({ trustedProxies }) => void changes.push(`gate ${trustedProxies.join()}`) },
    logger,
    ...change,
  });
}

describe('Reloader', () => {
  it('puts admission and the logging level into force, and names what needs a restart', async () => {
    const by = await reloader();
    await by.reload(() => load({ ...proxies('10.0.0.0/8'), logging: { level: 'debug' }, port: 1, readOnly: true }));
    expect(changes).toEqual(['policies', 'gate 10.0.0.0/8']);
    expect(logger.level).toBe('debug');
    expect(said()).toEqual([
      ['warn', 'changed settings that need a restart', ['port', 'readOnly']],
      ['info', 'reloaded', ['log.admission.trustedProxies', 'logging.level']],
    ]);
  });

  it('compares with what is in force, and has policies read their files again', async () => {
    const by = await reloader();
    const next = () => load({ ...proxies('10.0.0.0/8'), port: 1 });
    await by.reload(next);
    await by.reload(next);
    expect(changes).toEqual(['policies', 'gate 10.0.0.0/8', 'policies', 'gate 10.0.0.0/8']);
    expect(said().slice(2)).toEqual([
      ['warn', 'changed settings that need a restart', ['port']],
      ['info', 'reloaded', []],
    ]);
  });

  it('changes nothing when the configuration is wrong', async () => {
    const by = await reloader();
    await by.reload(() => load({ ...proxies('10.0.0.0/99'), logging: { level: 'silent' } }));
    await by.reload(() => load({ prot: 1 }));
    expect(changes).toEqual([]);
    expect(logger.level).toBe('info');
    expect(said()).toEqual(Array(2).fill(['error', 'not reloaded: everything stays as it was', undefined]));
    expect(lines[0]?.err).toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: expect.stringContaining('10.0.0.0/99'),
    });
  });

  it('changes nothing when the policies do not take their settings', async () => {
    const by = await reloader({
      admission: {
        change: async () => {
          throw new CountersignError('ERR_CONFIG_INVALID', 'no such root');
        },
      },
    });
    await by.reload(() => load({ ...proxies('10.0.0.0/8'), logging: { level: 'debug' } }));
    expect([changes, logger.level]).toEqual([[], 'info']);
    expect(lines[0]?.err).toMatchObject({ message: 'no such root' });
  });

  it('does one after the other, and one for all that wait', async () => {
    let release = (): void => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const by = await reloader();
    const first = by.reload(() => released.then(() => load(proxies('10.0.0.0/8'))));
    await new Promise(setImmediate);
    const second = by.reload(() => load(proxies('11.0.0.0/8')));
    const third = by.reload(() => load(proxies('12.0.0.0/8')));
    await new Promise(setImmediate);
    expect(changes).toEqual([]);
    release();
    await Promise.all([first, second, third]);
    expect(changes).toEqual(['policies', 'gate 10.0.0.0/8', 'policies', 'gate 11.0.0.0/8']);
    await by.reload(() => load(proxies('13.0.0.0/8')));
    expect(changes.slice(4)).toEqual(['policies', 'gate 13.0.0.0/8']);
  });
});
