import { AdmissionPool } from './admission-pool.ts';
import { PluginFolders, toyPlugin, toyProposal } from './plugin-folders.fixture.ts';
import { PluginHost } from './plugin-host.ts';

/** A PKI format whose canonical keys are in upper case. */
const formatCode = `
export default (api) => ({
  async parseKey(bytes) {
    const text = Buffer.from(bytes).toString();
    if (text === 'refused') throw api.errors.refuse('ERR_MALFORMED', 'malformed key');
    if (text === 'a bug') throw new Error('secret');
    if (text === 'a loop') for (;;);
    return { canonical: Buffer.from(text.toUpperCase()), identities: [], members: [] };
  },
  async parseSignature() {},
  async verify() {},
});
`;

const folders = new PluginFolders();
let folder: string;
let host: PluginHost;

beforeAll(async () => {
  const manifest = {
    name: 'pki-shout',
    version: '1.0.0',
    apiVersion: '^1.0.0',
    provides: [{ type: 'pki', id: 'shout', version: '1.0.0', entry: 'shout.mjs' }],
  };
  folder = await folders.make({ shout: { 'plugin.json': manifest, 'shout.mjs': formatCode }, toy: toyPlugin });
  host = await PluginHost.load({ folders: [folder] });
});
afterAll(() => folders.remove());

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

it('is made by the host and, the same, by the pool, between proposals', async () => {
  const pool = await AdmissionPool.start({
    folders: [folder],
    digests: host.digests(),
    workers: 1,
    limits: { time: 3000 },
  });
  try {
    for (const maker of [host, pool]) {
      const key = (value: string, format = 'shout') => maker.canonicalKey(format, Buffer.from(value));
      const proposal = maker.admit(toyProposal({ do: 'nothing', n: 1 }));
      const found = await Promise.all([key('one'), proposal, key('two')]);
      expect([text(found[0]), found[1].kind, text(found[2])]).toEqual(['ONE', 'toy', 'TWO']);
      expect(text(await key(''))).toBe('');
      await expect(key('refused')).rejects.toMatchObject({ code: 'ERR_MALFORMED', message: 'malformed key' });
      await expect(key('a bug')).rejects.toMatchObject({ code: 'ERR_INTERNAL' });
      await expect(key('x', 'whisper')).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
    }
    await expect(pool.canonicalKey('shout', Buffer.from('a loop'))).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
    expect(text(await pool.canonicalKey('shout', Buffer.from('goes on')))).toBe('GOES ON');
  } finally {
    await pool.close();
  }
});
