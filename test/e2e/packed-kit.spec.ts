import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cleanEnvironment, runOk } from '../compat/support/run.ts';
import { temporaryFolder } from './support/node-process.ts';

const folder = temporaryFolder();
let kit: string;
let env: Record<string, string>;

/** Runs something in the temporary folder, where no package of the repository can be found. */
const ok = (command: string, ...args: string[]) => runOk(command, args, { env, cwd: folder.path() });

beforeAll(async () => {
  const clean = cleanEnvironment(folder.path());
  env = { ...clean, PATH: `${resolve('node_modules/.bin')}:${clean.PATH}`, npm_config_offline: 'true' };
  const scope = join(folder.path(), 'node_modules/@countersign');
  kit = join(scope, 'plugin-api');
  mkdirSync(scope, { recursive: true });
  const tarball = (await ok('npm', 'pack', '--silent', resolve('libs/plugin-api'))).trim();
  await ok('tar', '-xzf', tarball);
  renameSync(join(folder.path(), 'package'), kit);
}, 120_000);

describe('the packed plugin API', () => {
  const files = () => readdirSync(kit, { recursive: true, encoding: 'utf8' });
  const read = (name: string) => readFileSync(join(kit, name), 'utf8');

  it('has what it says, a licence and a reference, and no tests of its own', () => {
    const { exports, dependencies } = JSON.parse(read('package.json'));
    expect(dependencies).toBeUndefined();
    for (const targets of Object.values<Record<string, string>>(exports)) {
      for (const target of Object.values(targets)) expect(files()).toContain(target.slice(2));
    }
    expect(read('LICENSE')).toBe(readFileSync('LICENSE', 'utf8'));
    expect(read('README.md')).toContain('testPkiFormat');
    expect(files().filter((name) => /\.(spec|fixture)\./.test(name))).toEqual([]);
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

  it.each(['entry', 'pki'])('is enough to check the types of a plugin and run its tests: %s', async (type) => {
    await ok('countersign', 'plugin', 'new', type, '--type', type, '--id', 'toy');
    const plugin = join(folder.path(), type);
    const options = { typeRoots: [resolve('node_modules/@types')], skipLibCheck: false };
    // As an editor sees it: the folder's own options, and the kit found beside it.
    const config = join(folder.path(), `${type}.json`);
    const whole = { allowJs: true, checkJs: true, noEmit: true, ...options };
    writeFileSync(
      config,
      JSON.stringify({
        extends: join(plugin, 'tsconfig.json'),
        compilerOptions: whole,
        include: [plugin],
        exclude: [],
      }),
    );
    await ok('tsc', '-p', config);
    await ok('countersign', 'plugin', 'build', type);
    const [spec = ''] = readdirSync(plugin).filter((name) => name.endsWith('.spec.js'));
    const said = await ok('node', '--test', join(plugin, spec));
    expect(said).toMatch(/^# pass [1-9]\d*$/m);
    expect(said).toMatch(/^# fail 0$/m);
  }, 120_000);
});
