import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cleanEnvironment, runOk } from '../../compat/support/run.ts';

/** A project of somebody else, which has the packed plugin API and this program's compiler, and no checkout around it. */
export interface OutsideProject {
  readonly folder: string;
  /** Runs a program in it that has to succeed, and gives what it printed. */
  ok(command: string, ...args: string[]): Promise<string>;
  /** Runs the compiler with these options on these files, or folders. */
  compile(options: Readonly<Record<string, unknown>>, ...include: string[]): Promise<string>;
}

/** Packs the plugin API, and installs the tarball into a folder as an npm without a network does. */
export async function outsideProject(folder: string): Promise<OutsideProject> {
  const clean = cleanEnvironment(folder);
  const env = {
    ...clean,
    PATH: `${resolve('node_modules/.bin')}:${clean.PATH}`,
    npm_config_offline: 'true',
    npm_config_cache: join(folder, 'cache'),
  };
  const ok = (command: string, ...args: string[]) => runOk(command, args, { env, cwd: folder });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'outside', private: true, type: 'module' }));
  const tarball = (await ok('npm', 'pack', '--silent', resolve('libs/plugin-api'))).trim();
  await ok('npm', 'install', '--silent', `./${tarball}`);
  return {
    folder,
    ok,
    compile: ({ extends: base = [], ...options }, ...include) => {
      const config = join(folder, 'tsconfig.json');
      const compilerOptions = { typeRoots: [resolve('node_modules/@types')], ...options };
      const files = include.map((name) => join(folder, name));
      writeFileSync(config, JSON.stringify({ extends: base, compilerOptions, include: files, exclude: [] }));
      return ok('tsc', '-p', config);
    },
  };
}
