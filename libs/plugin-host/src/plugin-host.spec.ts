import { PluginFolders, toyManifest, toyPlugin, toyProposal } from './plugin-folders.fixture.ts';
import { PluginHost } from './plugin-host.ts';

const folders = new PluginFolders();
let host: PluginHost;

beforeAll(async () => {
  const [toy] = toyManifest.provides;
  const newer = {
    ...toyPlugin,
    'plugin.json': {
      ...toyManifest,
      name: 'entry-toys',
      provides: ['0.0.9', '0.0.10'].map((version) => ({ ...toy, version })),
    },
  };
  host = await PluginHost.load({ folders: [await folders.make({ toy: toyPlugin, toys: newer })] });
});
afterAll(() => folders.remove());

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const toy = { kind: 'toy', apiVersion: '0.0.1', spec: { do: 'nothing' } };

describe('PluginHost', () => {
  it('shows what is loaded', () => {
    expect(host.entryTypes().map(({ kind, apiVersion, plugin }) => [kind, apiVersion, plugin])).toEqual([
      ['toy', '0.0.1', 'entry-toy'],
      ['toy', '0.0.9', 'entry-toys'],
      ['toy', '0.0.10', 'entry-toys'],
    ]);
    expect(host.entryTypes()[0]?.schema).toEqual(toyPlugin['toy.schema.json']);
    expect(Object.keys(host.digests())).toEqual(['entry-toy', 'entry-toys']);
    expect(host.plugins()[0]).toEqual({
      ...{ name: 'entry-toy', version: '1.0.0', digest: host.digests()['entry-toy'] },
      folder: expect.stringMatching(/\/[^/]+$/),
    });
    expect(host.describe()[1]).toMatchObject({ type: 'entry', id: 'toy', version: '0.0.9', pluginVersion: '1.0.0' });
  });

  it('writes the canonical body', async () => {
    const proposal = json({
      spec: { z: 1, do: 'nothing', a: [{ c: 1e21, b: 'é' }] },
      more: 1,
      ...{ kind: 'toy', apiVersion: '0.0.1' },
    });
    const { body, kind, apiVersion } = await host.admit(proposal);
    expect(Buffer.from(body).toString()).toBe(
      '{"apiVersion":"0.0.1","kind":"toy","spec":{"a":[{"b":"é","c":1e+21}],"do":"nothing","z":1}}',
    );
    expect([kind, apiVersion]).toEqual(['toy', '0.0.1']);
  });

  it('admits a parsed value as it does its text', async () => {
    const { body } = await host.admit(json(toy));
    expect((await host.admit(structuredClone(toy))).body).toEqual(body);
  });

  it('hands over a frozen spec', async () => {
    await expect(host.admit(toyProposal({ do: 'write' }))).rejects.toMatchObject({
      code: 'ERR_INTERNAL',
      cause: { message: expect.stringContaining('read only') },
    });
  });

  // Status and message as upstream's server answers; its 500 for what is not JSON is a refusal here.
  const malformed: [unknown, object][] = [
    [
      '',
      { code: 'ERR_SCHEMA', message: 'proposedEntry in body is required', details: { code: 602, stage: 'envelope' } },
    ],
    ['{', { code: 'ERR_MALFORMED', details: { stage: 'json' } }],
    ['{}x', { code: 'ERR_MALFORMED', details: { stage: 'json' } }],
    ['\ufeff{}', { code: 'ERR_MALFORMED', details: { stage: 'json' } }],
    [Buffer.from('{"kind":"\xff"}', 'latin1'), { code: 'ERR_MALFORMED', details: { stage: 'json' } }],
    [[], { code: 'ERR_MALFORMED', details: { stage: 'json' } }],
    ['"x"', { code: 'ERR_MALFORMED', details: { stage: 'json' } }],
    ['1', { code: 'ERR_MALFORMED', details: { stage: 'json' } }],
    ['['.repeat(100_000), { code: 'ERR_MALFORMED', details: { stage: 'json' } }],
    [null, { code: 'ERR_SCHEMA', message: 'kind in body is required' }],
    [{}, { code: 'ERR_SCHEMA', message: 'kind in body is required', details: { code: 602, path: 'kind' } }],
    [
      { ...toy, kind: null },
      { code: 'ERR_SCHEMA', message: 'kind in body is required' },
    ],
    [
      { ...toy, kind: '' },
      { code: 'ERR_SCHEMA', message: 'kind in body is required' },
    ],
    [
      { ...toy, kind: 1 },
      { code: 'ERR_MALFORMED', details: { stage: 'json' } },
    ],
    [
      { ...toy, kind: 'x' },
      { code: 'ERR_ENTRY_KIND_UNKNOWN', message: 'invalid kind value: "x"' },
    ],
    [{ kind: 'x' }, { code: 'ERR_ENTRY_KIND_UNKNOWN' }],
    [{ ...toy, kind: '__proto__' }, { code: 'ERR_ENTRY_KIND_UNKNOWN' }],
    [{ ...toy, kind: 'constructor' }, { code: 'ERR_ENTRY_KIND_UNKNOWN' }],
    [{ ...toy, kind: 'toy 0.0.1' }, { code: 'ERR_ENTRY_KIND_UNKNOWN' }],
    [{ ...toy, kind: 'Toy' }, { code: 'ERR_ENTRY_KIND_UNKNOWN' }],
    [
      { ...toy, apiVersion: undefined },
      { code: 'ERR_SCHEMA', message: 'apiVersion in body is required' },
    ],
    [
      { ...toy, apiVersion: null },
      { code: 'ERR_SCHEMA', message: 'apiVersion in body is required' },
    ],
    [
      { ...toy, apiVersion: 1 },
      { code: 'ERR_MALFORMED', details: { stage: 'json' } },
    ],
    [
      { ...toy, apiVersion: '' },
      { code: 'ERR_SCHEMA', details: { code: 605, path: 'apiVersion' } },
    ],
    [
      { ...toy, apiVersion: 'v0.0.1' },
      { code: 'ERR_SCHEMA', details: { code: 605 } },
    ],
    [
      { ...toy, apiVersion: '0.0.1\n' },
      { code: 'ERR_SCHEMA', details: { code: 605 } },
    ],
    [
      { ...toy, apiVersion: '0.0.2' },
      { code: 'ERR_ENTRY_VERSION_UNKNOWN', details: { versions: ['0.0.10', '0.0.9', '0.0.1'] } },
    ],
    [{ ...toy, apiVersion: '0.0.1+b' }, { code: 'ERR_ENTRY_VERSION_UNKNOWN' }],
    [
      { ...toy, spec: undefined },
      { code: 'ERR_SCHEMA', message: 'spec in body is required' },
    ],
    [
      { ...toy, spec: null },
      { code: 'ERR_SCHEMA', message: 'spec in body is required' },
    ],
    [
      { ...toy, spec: [] },
      { code: 'ERR_SCHEMA', details: { code: 601, stage: 'spec' } },
    ],
    [
      { ...toy, spec: {} },
      { code: 'ERR_SCHEMA', message: 'validation failure list:\ndo in body is required', details: { stage: 'spec' } },
    ],
  ];
  it.each(malformed)('refuses %j', async (proposal, refusal) => {
    const bytes =
      typeof proposal === 'string' ? Buffer.from(proposal) : Buffer.isBuffer(proposal) ? proposal : json(proposal);
    await expect(host.admit(bytes)).rejects.toMatchObject(refusal);
  });

  it.each([
    ['a bug', 'fail'],
    ['what is no error', 'garbage'],
    ['a code that is not a plugin’s', 'storage'],
    ['a deed that is unknown', 'no such thing'],
  ])('makes an internal error of %s', async (_, deed) => {
    await expect(host.admit(toyProposal({ do: deed }))).rejects.toMatchObject({
      code: 'ERR_INTERNAL',
      message: 'the plugin for toy 0.0.1 failed',
    });
  });

  it('proposes in the newest version, or the one asked for', async () => {
    const artifact = { content: Buffer.from('abc'), publicKeys: [] };
    const spec = { do: 'nothing', size: 3 };
    expect(await host.propose('toy', undefined, artifact, { pkiFormat: 'x' })).toEqual({
      kind: 'toy',
      apiVersion: '0.0.10',
      spec,
    });
    expect(await host.propose('toy', '0.0.1', artifact, { pkiFormat: 'x' })).toEqual({
      kind: 'toy',
      apiVersion: '0.0.1',
      spec,
    });
    const unknown = host.propose('toy', '9.0.0', artifact, { pkiFormat: 'x' });
    await expect(unknown).rejects.toMatchObject({ code: 'ERR_ENTRY_VERSION_UNKNOWN' });
  });

  it('matches a logged body', async () => {
    const claims = {
      signature: Buffer.from('s'),
      verifier: Buffer.from('k'),
      digest: { algorithm: 'sha256', value: Buffer.alloc(32) },
    } as const;
    await host.matches(toyProposal({ do: 'nothing' }), claims);
    await expect(host.matches(toyProposal({ do: 'x' }), claims)).rejects.toMatchObject({ code: 'ERR_ENTRY_MISMATCH' });
  });

  it('names the PKI formats there are', () => {
    expect(host.pki.ids()).toEqual([]);
    expect(() => host.pki.get('__proto__')).toThrow(expect.objectContaining({ code: 'ERR_UNSUPPORTED' }));
  });
});
