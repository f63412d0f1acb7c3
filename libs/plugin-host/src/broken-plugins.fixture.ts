import type { Pins } from './load-plugin.ts';
import { type Files, toyManifest, toyPlugin } from './plugin-folders.fixture.ts';

/** A folder of plugins that cannot be loaded. */
export interface Broken {
  readonly what: string;
  /** By folder. A single one is `toy`, and is named by itself. */
  readonly plugins: Readonly<Record<string, Files>>;
  /** Symbolic links: path → target. */
  readonly links?: Readonly<Record<string, string>>;
  /** Beside what the folder's digests are. */
  readonly pins?: Pins;
  /** Loaded after the plugins that come with Countersign. */
  readonly afterBuiltins?: true;
  /** The folder that the message names: `toy` when absent. */
  readonly named?: string;
  /** What else the message says: the file, and what is wrong with it. */
  readonly reason: string;
}

const withManifest = (changes: object): Files => ({ ...toyPlugin, 'plugin.json': { ...toyManifest, ...changes } });
const [toyProvision] = toyManifest.provides;
const provides = (changes: object) => withManifest({ provides: [{ ...toyProvision, ...changes }] });
const code = (text: string): Files => ({ ...toyPlugin, 'toy.mjs': text });
const schema = (content: string | object): Files => ({ ...toyPlugin, 'toy.schema.json': content });
const { 'plugin.json': _, ...withoutManifest } = toyPlugin;
const { 'toy.mjs': __, ...withoutCode } = toyPlugin;
const { 'toy.schema.json': ___, ...withoutSchema } = toyPlugin;

const pki = (name: string, id: string): Files => ({
  'plugin.json': { ...toyManifest, name, provides: [{ type: 'pki', id, version: '1.0.0', entry: 'pki.mjs' }] },
  'pki.mjs': 'export default () => ({ parseKey() {}, parseSignature() {}, verify() {} });',
});

const one = (what: string, files: Files, reason: string): Broken => ({ what, plugins: { toy: files }, reason });
const linked = (what: string, files: Files, links: Readonly<Record<string, string>>, reason: string): Broken => ({
  what,
  plugins: { toy: files, outside: { 'toy.mjs': 'export default () => ({})', 'toy.schema.json': {} } },
  links,
  reason,
});

/** Every way a plugin can be broken that has a message of its own. */
export const brokenPlugins: readonly Broken[] = [
  one('a manifest that is no JSON', { ...toyPlugin, 'plugin.json': '{' }, 'plugin.json: malformed JSON'),
  one('a manifest that is no object', { ...toyPlugin, 'plugin.json': '[]' }, 'plugin.json: '),
  one('no manifest', withoutManifest, 'neither this folder nor any inside it has a plugin.json'),
  one('a folder for a manifest', { ...withoutManifest, 'plugin.json/x': '' }, 'plugin.json cannot be read: not a file'),
  one('a manifest over 64 KiB', withManifest({ pad: 'x'.repeat(65_536) }), 'plugin.json: over 65536 bytes'),
  one('an unknown key', withManifest({ author: 'me' }), 'plugin.json: author in body is a forbidden property'),
  one('an unknown key inside', provides({ url: 'x' }), 'plugin.json: provides.0.url in body is a forbidden property'),
  one('no name', withManifest({ name: undefined }), 'plugin.json: name in body is required'),
  one('a version that is none', withManifest({ version: '1' }), 'plugin.json: version in body should match'),
  one('nothing provided', withManifest({ provides: [] }), 'plugin.json: provides in body should have at least 1 items'),
  one('an unknown type', provides({ type: 'colour' }), 'plugin.json: provides.0.type in body'),
  one(
    'a policy of another phase',
    provides({ type: 'policy', phase: 'verification', takes: undefined }),
    'policy toy is of phase verification; this version loads admission policies',
  ),
  one(
    'a policy without its method',
    provides({ type: 'policy', phase: 'admission', takes: undefined }),
    'toy.mjs does not implement prepare',
  ),
  ...['soon', '>=', '1.0.0.0', '^1.0.0 ||', ' '].map((apiVersion) =>
    one(
      `the range ${JSON.stringify(apiVersion)}`,
      withManifest({ apiVersion }),
      `plugin.json: apiVersion "${apiVersion}" is not a version range`,
    ),
  ),
  ...['^1.1.0', '^0.1.0', '>=2', '>1.0.0', '<1.0.0', '1.0.0-beta', '0.x || 2.x'].map((apiVersion) =>
    one(
      `a plugin for API ${apiVersion}`,
      withManifest({ apiVersion }),
      `written for plugin API ${apiVersion}, and this is 1.0.0`,
    ),
  ),
  one('a missing entry', withoutCode, 'toy.mjs cannot be read: ENOENT'),
  one('a missing schema', withoutSchema, 'toy.schema.json cannot be read: ENOENT'),
  one(
    'an entry that leads out',
    provides({ entry: '../toy.mjs' }),
    'plugin.json: provides.0.entry in body should match',
  ),
  one(
    'an absolute schema',
    provides({ schema: '/etc/hostname' }),
    'plugin.json: provides.0.schema in body should match',
  ),
  one('a folder for a file', { ...provides({ entry: 'code' }), 'code/x': '' }, 'code cannot be read: not a file'),
  one('a schema that is no JSON', schema('type'), 'toy.schema.json: malformed JSON'),
  one('a schema that is none', schema('[]'), 'toy.schema.json is not a JSON Schema'),
  one('a wrong type in a schema', schema({ type: 'colour' }), 'toy.schema.json: malformed JSON Schema'),
  one('a wrong keyword in a schema', schema({ type: 'object', requird: [] }), 'toy.schema.json: malformed JSON Schema'),
  one('a schema from elsewhere', schema({ $ref: 'http://127.0.0.1:1/' }), 'toy.schema.json: malformed JSON Schema'),
  linked('a link to a file outside', toyPlugin, { 'toy/deep.mjs': '../outside/toy.mjs' }, 'deep.mjs links to outside'),
  linked('a link to a folder outside', toyPlugin, { 'toy/deep': '../outside' }, 'deep links to outside'),
  linked('a link to nowhere', toyPlugin, { 'toy/deep': 'gone' }, 'deep is a link to nowhere'),
  linked('an entry outside', withoutCode, { 'toy/toy.mjs': '../outside/toy.mjs' }, 'toy.mjs links to outside'),
  linked(
    'a schema outside',
    withoutSchema,
    { 'toy/toy.schema.json': '../outside/toy.schema.json' },
    'links to outside',
  ),
  linked(
    'an entry in a folder outside',
    { ...provides({ entry: 'deep/toy.mjs' }) },
    { 'toy/deep': '../outside' },
    'deep links to outside',
  ),
  {
    ...one('a wrong digest', toyPlugin, `pinned is ${'0'.repeat(64)}`),
    pins: { digests: { 'entry-toy': '0'.repeat(64) } },
  },
  { ...one('no pin where all need one', toyPlugin, 'pinned is none'), pins: { digests: {}, onlyPinned: true } },
  one('code that does not parse', code('export default ('), 'toy.mjs: Unexpected'),
  one('code that throws', code("throw new Error('no')"), 'toy.mjs: no'),
  one('code that throws nothing', code('throw undefined'), 'toy.mjs: nothing said'),
  one('code that imports a file not there', code("import './gone.mjs'"), 'gone.mjs'),
  one(
    'code that imports a package not there',
    code("import 'gone-package'"),
    "toy.mjs: Cannot find package 'gone-package'",
  ),
  one('code that ends the process', code('process.exit(3)'), 'toy.mjs: it called process.exit(3)'),
  one('no default export', code('export const x = 1'), 'toy.mjs: its default export is not a function'),
  one('an object by default', code('export default {}'), 'toy.mjs: its default export is not a function'),
  one('a factory that throws', code("export default () => { throw new Error('no') }"), 'toy.mjs: no'),
  one('a factory that rejects', code("export default async () => { throw 'no' }"), 'toy.mjs: no'),
  one('a factory that ends the process', code('export default async () => process.exit()'), 'it called process.exit()'),
  one('a factory of nothing', code('export default () => null'), 'toy.mjs does not implement propose, admit, claims'),
  one(
    'a missing method',
    code('export default () => ({ propose() {}, admit() {} })'),
    'toy.mjs does not implement claims',
  ),
  one(
    'a method that is none',
    code('export default () => ({ propose() {}, admit() {}, claims: 1 })'),
    'toy.mjs does not implement claims',
  ),
  one(
    'a PKI format without methods',
    { ...pki('pki-a', 'a'), 'pki.mjs': 'export default () => ({ verify() {} })' },
    'pki.mjs does not implement parseKey, parseSignature',
  ),
  one(
    'a factory that changes what it is given',
    code('export default (api) => { api.crypto.verify = () => true; }'),
    'toy.mjs: Cannot assign to read only property',
  ),
  {
    what: 'an entry type provided twice',
    plugins: { one: toyPlugin, two: withManifest({ name: 'entry-other' }) },
    named: 'two',
    reason: 'entry type toy 0.0.1 is already provided by ',
  },
  {
    what: 'a PKI format provided twice',
    plugins: { one: pki('pki-a', 'a'), two: pki('pki-b', 'a') },
    named: 'two',
    reason: 'PKI format a is already provided by ',
  },
  {
    what: 'two plugins of one name',
    plugins: { one: toyPlugin, two: toyPlugin },
    named: 'two',
    reason: 'the plugin name entry-toy is already provided by ',
  },
  {
    ...one('a built-in entry type', provides({ id: 'hashedrekord' }), 'hashedrekord 0.0.1 is already provided by '),
    afterBuiltins: true,
  },
  { ...one('a built-in PKI format', pki('pki-mine', 'x509'), 'x509 is already provided by '), afterBuiltins: true },
];
