import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { utf8Encode } from '@countersign/encoding';
import { builtinPlugins, PluginHost } from './plugin-host.ts';

interface Vector {
  readonly body: string;
  readonly indexKeys: readonly string[];
}

/** Entries that upstream accepted, with what its index finds them by. */
const vectors = readdirSync(builtinPlugins, { recursive: true, encoding: 'utf8' })
  .filter((path) => /^entry-[^/]+\/vectors\/(?:.*\/)?accepted\/.*\.json$/.test(path))
  .map((path): [string, Vector] => [path, JSON.parse(readFileSync(join(builtinPlugins, path), 'utf8'))]);

/** What only a payload tells that is not in the log: the subjects and materials of a statement. */
const ofStatements = /^(?:entry-dsse|entry-cose)\//;

describe('the index keys of a logged entry', () => {
  let host: PluginHost;
  beforeAll(async () => {
    host = await PluginHost.load({ folders: [builtinPlugins] });
  });

  it.each(vectors)('are those of its upload, but for a statement that is not logged: %s', async (path, vector) => {
    const keys = await host.indexKeys(utf8Encode(vector.body));
    const expected = vector.indexKeys.filter((key) => !ofStatements.test(path) || keys?.includes(key));
    expect(keys).toEqual(expected);
    const { length } = vector.indexKeys;
    // Key and payload at least; what is left out is a digest.
    expect(keys?.length).toBeGreaterThanOrEqual(Math.min(length, 1));
    for (const key of vector.indexKeys.slice(keys?.length)) expect(key).toMatch(/^[^:]*:/);
  });

  it('are told for every kind that comes along', () => {
    const kinds = new Set(vectors.map(([, { body }]) => (JSON.parse(body) as { kind: string }).kind));
    expect([...kinds].sort()).toEqual([...new Set(host.entryTypes().map(({ kind }) => kind))].sort());
  });

  it('are refused for what is no entry, or of no known kind', async () => {
    await expect(host.indexKeys(utf8Encode('x'))).rejects.toMatchObject({ code: 'ERR_MALFORMED' });
    const unknown = '{"apiVersion":"0.0.1","kind":"other","spec":{}}';
    await expect(host.indexKeys(utf8Encode(unknown))).rejects.toMatchObject({ code: 'ERR_ENTRY_KIND_UNKNOWN' });
  });
});
