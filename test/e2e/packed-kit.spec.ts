import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { temporaryFolder } from './support/node-process.ts';
import { type OutsideProject, outsideProject } from './support/packed-kit.ts';

const folder = temporaryFolder();
let project: OutsideProject;
let kit: string;

beforeAll(async () => {
  project = await outsideProject(folder.path());
  kit = join(folder.path(), 'node_modules/@countersign/plugin-api');
}, 120_000);

const files = () => readdirSync(kit, { recursive: true, encoding: 'utf8' });
const read = (name: string) => readFileSync(join(kit, name), 'utf8');

describe('the packed plugin API', () => {
  it('has what it says, a licence and a reference, and no tests of its own', () => {
    const { exports, scripts, ...manifest } = JSON.parse(read('package.json'));
    for (const targets of Object.values<Record<string, string>>(exports)) {
      for (const target of Object.values(targets)) expect(files()).toContain(target.slice(2));
    }
    expect(scripts).toBeUndefined();
    expect(Object.keys(manifest).filter((name) => /dependencies/i.test(name))).toEqual([]);
    expect(readdirSync(join(folder.path(), 'node_modules/@countersign'))).toEqual(['plugin-api']);
    expect(read('LICENSE')).toBe(readFileSync('LICENSE', 'utf8'));
    for (const name of [
      'EntryType',
      'PkiFormat',
      'AdmissionPolicy',
      'testEntryType',
      'testPkiFormat',
      'testAdmissionPolicy',
    ]) {
      expect(read('README.md')).toContain(`\`${name}\``);
    }
    expect(files().filter((name) => /\.(spec|fixture)\.|tsconfig|tsbuildinfo/.test(name))).toEqual([]);
  });

  it('imports nothing but itself and Node', () => {
    const imports = files()
      .filter((name) => /\.(js|ts)$/.test(name))
      .flatMap((name) =>
        [...read(name).matchAll(/\b(?:from|import\()\s*'([^']+)'/g)].map(([, target]) => target ?? ''),
      );
    expect(imports.length).toBeGreaterThan(20);
    expect(imports.filter((target) => !/^(\.\.?\/|node:)/.test(target))).toEqual([]);
  });

  it('has the sources that its maps name', () => {
    const maps = files().filter((name) => name.endsWith('.js.map'));
    expect(maps.length).toBeGreaterThan(10);
    for (const name of maps) {
      for (const source of JSON.parse(read(name)).sources) expect(files()).toContain(join(name, '..', source));
    }
  });
});

describe('the types of the packed plugin API', () => {
  const use = `
import type { EntryType, PkiFormat, PluginApi } from '@countersign/plugin-api';
import { type Runner, readVectorFile, standInApi, testEntryType } from '@countersign/plugin-api/testing';
export type Everything = keyof EntryType | keyof PkiFormat;
declare const make: (api: PluginApi) => EntryType;
declare const runner: Runner;
const file = readVectorFile({});
const type = make(standInApi());
if (file?.type === 'entry') testEntryType('a', { ...file.vectors, type, validate: () => undefined, runner });
// @ts-expect-error a misspelled option is one that does not exist
if (file?.type === 'entry') testEntryType('a', { ...file.vectors, type, validates: () => undefined });
`;
  const strict = { strict: true, exactOptionalPropertyTypes: true, noEmit: true, skipLibCheck: false, types: [] };

  it.each([
    ['node16', 'node16'],
    ['node20', 'node16'],
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
    ['preserve', 'bundler'],
  ])('are found by a %s project, with the resolution of %s and no other types', async (module, moduleResolution) => {
    writeFileSync(join(folder.path(), 'use.ts'), use);
    const options = { ...strict, target: 'es2022', lib: ['es2022'], module, moduleResolution };
    expect(await project.compile(options, 'use.ts')).toBe('');
  });
});

describe.each([
  ['entry', 'handler'],
  ['pki', 'format'],
  ['policy', 'policy'],
])('a new plugin of type %s, with the packed kit', (type, code) => {
  beforeAll(async () => {
    await project.ok('countersign', 'plugin', 'new', type, '--type', type, '--id', 'toy');
    // As an editor sees it: the folder's own options, and the kit found beside it.
    const options = { allowJs: true, checkJs: true, noEmit: true, skipLibCheck: false };
    await project.compile({ extends: `./${type}/tsconfig.json`, ...options }, type);
    await project.ok('countersign', 'plugin', 'build', type);
  }, 120_000);

  const spec = () => join(folder.path(), type, `toy.${code}.spec.js`);

  it('is tested by node:test', async () => {
    const said = await project.ok('node', '--test', spec());
    expect(said).toMatch(/^# pass [1-9]\d*$/m);
    expect(said).toMatch(/^# fail 0$/m);
  });

  it('is tested by jest, whose globals the kit finds', async () => {
    const text = readFileSync(spec(), 'utf8');
    const test = spec().replace('.spec.js', '.test.js');
    const changed = text.replace(/^import .* from 'node:test';\n/m, '').replace(/,\s*runner: \{ describe, it \}/, '');
    expect(changed).not.toMatch(/node:test|runner/);
    writeFileSync(test, changed);
    const config = JSON.stringify({ rootDir: folder.path(), transform: {}, testMatch: [test], testTimeout: 60_000 });
    const jest = resolve('node_modules/jest/bin/jest.js');
    await project.ok('node', '--experimental-vm-modules', '--no-warnings', jest, '--config', config, '--silent');
  });
});
