import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { limits } from './limits.ts';
import { templates } from './templates.ts';

/** What the compiler said: problems as `file:line:column: message`, or the files it wrote. */
export interface Compiled {
  readonly problems: readonly string[];
  readonly written: readonly string[];
}

const require = createRequire(import.meta.url);
const packageFolder = (name: string): string => path.dirname(require.resolve(`${name}/package.json`));
/** Two levels up from what the package exports, which is in `dist`. */
const pluginApi = path.join(require.resolve('@countersign/plugin-api'), '../../dist');

/** A module beside each source and nothing else, whatever the folder's own options say. */
const fixed = {
  module: 'nodenext',
  rewriteRelativeImportExtensions: true,
  noEmit: false,
  noEmitOnError: true,
  composite: false,
  incremental: false,
  allowJs: false,
  declaration: false,
  declarationMap: false,
  sourceMap: false,
  inlineSourceMap: false,
};

/**
 * Type-checks a plugin folder against the plugin API of this program and compiles it in place, one `.js` beside
 * each `.ts`; nothing is written when there is a problem. Tests are left out. The options are those of the folder's
 * `tsconfig.json` over those of a new plugin's; what the result's place and shape depend on is fixed.
 *
 * @param folder real path
 */
export async function compile(folder: string): Promise<Compiled> {
  const scratch = await mkdtemp(path.join(tmpdir(), 'countersign-build-'));
  try {
    const own = path.join(folder, 'tsconfig.json');
    const config = path.join(scratch, 'tsconfig.json');
    await writeFile(
      config,
      JSON.stringify({
        extends: [path.join(templates, 'common/tsconfig.json'), ...(existsSync(own) ? [own] : [])],
        compilerOptions: {
          ...fixed,
          rootDir: folder,
          outDir: folder,
          paths: {
            '@countersign/plugin-api': [path.join(pluginApi, 'index.d.ts')],
            '@countersign/plugin-api/testing': [path.join(pluginApi, 'testing/index.d.ts')],
          },
          typeRoots: [path.dirname(packageFolder('@types/node'))],
        },
        include: [path.join(folder, '**/*.ts')],
        exclude: ['**/*.spec.ts', '**/*.fixture.ts', '**/*.d.ts', '**/node_modules'].map((glob) =>
          path.join(folder, glob),
        ),
        references: [],
      }),
    );
    const { failed, output } = await tsc(['-p', config, '--listEmittedFiles', '--pretty', 'false']);
    const lines = output.split('\n');
    const problems = lines
      // A problem goes on in indented lines.
      .filter((line) => /\berror TS\d+: /.test(line) || /^\s+\S/.test(line))
      .map((line) => line.replace(/^(.*)\((\d+),(\d+)\): error /, '$1:$2:$3: '));
    if (failed && problems.length === 0) throw new Error(`the TypeScript compiler failed: ${output}`);
    const written = lines.filter((line) => line.startsWith('TSFILE: ')).map((line) => line.slice('TSFILE: '.length));
    return { problems, written };
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** Whatever the compiler prints, on both of its outputs. */
function tsc(args: readonly string[]): Promise<{ readonly failed: boolean; readonly output: string }> {
  const program = path.join(packageFolder('typescript'), 'bin/tsc');
  const options = { timeout: limits.compileMilliseconds, maxBuffer: limits.compilerOutputBytes };
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], options, (error, stdout, stderr) => {
      resolve({ failed: error !== null, output: stdout + stderr });
    });
  });
}
