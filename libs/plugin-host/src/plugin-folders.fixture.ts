import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A plugin folder for a test: its files by name; objects are written as JSON. */
export type Files = Readonly<Record<string, string | object>>;

/** Makes temporary plugin folders and removes them again. */
export class PluginFolders {
  readonly #made: string[] = [];

  /** A new folder that holds `plugins`, each a folder of its own. */
  async make(plugins: Readonly<Record<string, Files>>): Promise<string> {
    const root = await mkdtemp(path.join(tmpdir(), 'countersign-plugins-'));
    this.#made.push(root);
    for (const [name, files] of Object.entries(plugins)) {
      for (const [file, content] of Object.entries(files)) {
        const full = path.join(root, name, file);
        await mkdir(path.dirname(full), { recursive: true });
        await writeFile(full, typeof content === 'string' ? content : JSON.stringify(content));
      }
    }
    return root;
  }

  async remove(): Promise<void> {
    await Promise.all(this.#made.splice(0).map((folder) => rm(folder, { recursive: true })));
  }
}

/** The manifest of a plugin that provides one entry type, `toy` 0.0.1 from `toy.mjs`. */
export const toyManifest = {
  name: 'entry-toy',
  version: '1.0.0',
  apiVersion: '^1.0.0',
  provides: [
    {
      type: 'entry',
      id: 'toy',
      version: '0.0.1',
      schema: 'toy.schema.json',
      takes: { artifact: 'content-or-digest', signature: 'enclosed', publicKeys: 'enclosed' },
      entry: 'toy.mjs',
    },
  ],
} as const;

/** Admits `{do: 'nothing', …}` as it is; whatever else is said in `do` goes wrong. */
export const toyCode = `
import { existsSync } from 'node:fs';
const sleep = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
const deeds = {
  nothing() {},
  sleep({ ms }) { sleep(ms); },
  wait({ until }) { while (!existsSync(until)) sleep(5); },
  loop() { for (;;); },
  exit() { process.exit(3); },
  fill() { const held = []; for (;;) held.push(new Array(1e5).fill({})); },
  fail() { throw new Error('a bug'); },
  garbage() { throw { code: 'ERR_MALFORMED' }; },
  storage() { throw Object.assign(new Error('not yours to say'), { code: 'ERR_STORAGE' }); },
  write(spec) { spec.do = 'nothing'; },
  attest({ bytes }) { return { attestation: new Uint8Array(Buffer.alloc(bytes + 8, 7).buffer, 8, bytes) }; },
  attestText() { return { attestation: 'text' }; },
  uncloneable() { return { more: () => 'a function' }; },
};
export default (api) => ({
  async propose({ content }) { return { do: 'nothing', size: content.length }; },
  async admit(spec) {
    if (spec.do === 'refuse') throw api.errors.refuse('ERR_ENTRY_INVALID', 'refused as told');
    const facts = deeds[spec.do](spec);
    return { spec, indexKeys: ['key-' + spec.n], verifiers: [{ fingerprint: 'f', algorithm: 'ed25519', identities: [] }], ...facts };
  },
  async display(spec) { return spec.display ?? undefined; },
  async claims(spec) {
    const digest = { algorithm: 'sha256', value: new Uint8Array(32) };
    return spec.do === 'nothing' ? { signatures: [{ signature: Buffer.from('s'), key: Buffer.from('k') }], digest } : undefined;
  },
});
`;

/** All files of that plugin. */
export const toyPlugin: Files = {
  'plugin.json': toyManifest,
  'toy.schema.json': { type: 'object', properties: { do: { type: 'string' } }, required: ['do'] },
  'toy.mjs': toyCode,
};

/** A proposal of the toy, as JSON text. */
export function toyProposal(spec: Readonly<Record<string, unknown>>): Uint8Array {
  return Buffer.from(JSON.stringify({ kind: 'toy', apiVersion: '0.0.1', spec }));
}

/** The manifest of a plugin that provides one admission policy, `mood` from `mood.mjs`. */
export const moodManifest = {
  name: 'policy-mood',
  version: '1.0.0',
  apiVersion: '^1.0.0',
  provides: [
    {
      type: 'policy',
      id: 'mood',
      version: '1.0.0',
      phase: 'admission',
      schema: 'mood.schema.json',
      entry: 'mood.mjs',
    },
  ],
} as const;

/** All files of that plugin: it does to every upload what its settings say. */
export const moodPlugin: Files = {
  'plugin.json': moodManifest,
  'mood.schema.json': { type: 'object', properties: { does: { type: 'string' } }, required: ['does'] },
  'mood.mjs': `
const deeds = {
  allow: () => ({ decision: 'allow', reason: 'why not' }),
  deny: ({ entry, bytes, request, now }) => {
    const seen = [entry.kind, entry.apiVersion, entry.spec.n, entry.indexKeys, entry.verifiers.length, bytes];
    return { decision: 'deny', reason: JSON.stringify([...seen, request, now instanceof Date]) };
  },
  abstain: () => ({ decision: 'abstain', reason: 'not mine' }),
  fail: () => { throw new Error('a secret of the policy'); },
  loop: () => { for (;;); },
  hang: () => new Promise(() => {}),
  write: ({ entry }) => { entry.spec.n = 2; },
};
export default (api) => ({
  async prepare({ does }) {
    if (does === 'refuse') throw api.errors.refuse('ERR_MALFORMED', 'no mood for this');
    if (does === 'nothing') return undefined;
    return deeds[does];
  },
});
`,
};
