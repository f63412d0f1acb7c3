import { changedSettings } from './changed-settings.ts';
import { loadConfig } from './load-config.ts';

const config = async (flags: Record<string, unknown>) =>
  (await loadConfig({ flags: { dev: true, admission: { workers: 1 }, ...flags } })).config;

describe('changedSettings', () => {
  it('names what differs, as the file names it, in the order of the schema', async () => {
    const before = await config({ port: 1, plugins: { folders: ['a'] }, publicUrl: 'http://127.0.0.1:1' });
    const after = await config({
      port: 2,
      plugins: { folders: ['a', 'b'] },
      limits: { bodyBytes: 2000 },
      log: { admission: { rates: { perAddress: { burst: 1, perMinute: 2 } } } },
    });
    expect(changedSettings(before, after)).toEqual([
      'port',
      'publicUrl',
      'log.admission.rates.perAddress.burst',
      'log.admission.rates.perAddress.perMinute',
      'plugins.folders',
      'limits.bodyBytes',
    ]);
  });

  it('names nothing where values are equal', async () => {
    const settings = { log: { admission: { trustedProxies: ['10.0.0.0/8'] } }, plugins: { digests: {} } };
    expect(changedSettings(await config(settings), await config(settings))).toEqual([]);
  });
});
