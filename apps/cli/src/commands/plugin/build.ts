import { readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { CountersignError } from '@countersign/errors';
import type { Io } from '../../io.ts';
import { printable } from '../../text/printable.ts';
import { usage } from '../../usage.ts';
import { compile } from './compile.ts';

/** `countersign plugin build`: type-checks a plugin and compiles its TypeScript in place. */
export async function run(
  _options: unknown,
  io: Io,
  { args: [given = ''] }: { readonly args: readonly string[] },
): Promise<void> {
  const folder = await pluginFolder(given);
  const { problems, written } = await compile(folder);
  if (problems.length > 0) {
    io.err(printable(`${problems.join('\n')}\n`));
    throw new CountersignError('ERR_PLUGIN_INVALID', `plugin ${given}: it does not compile; nothing was written`);
  }
  for (const file of written) await refuseImport(path.join(given, path.relative(folder, file)));
  if (written.length === 0) io.out(`${given} has no TypeScript: nothing to build\n`);
  for (const file of written) io.out(`wrote ${path.join(given, path.relative(folder, file))}\n`);
}

/** The types are gone when the code runs, and so is their package; `import { type X }` leaves an import of it behind. */
async function refuseImport(file: string): Promise<void> {
  if (!/^(?:import|export)\b[^;]*['"]@countersign\/plugin-api\b/m.test(await readFile(file, 'utf8'))) return;
  throw new CountersignError(
    'ERR_PLUGIN_INVALID',
    `${file} imports @countersign/plugin-api, which is not there at run time: write \`import type\` in its source`,
  );
}

/** The real path of a folder that holds a `plugin.json`. Throws `ERR_CONFIG_INVALID`. */
async function pluginFolder(given: string): Promise<string> {
  try {
    await stat(path.join(given, 'plugin.json'));
  } catch {
    throw usage(`${given} is no plugin: it has no plugin.json`);
  }
  return realpath(given);
}
