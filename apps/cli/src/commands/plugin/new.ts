import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Io } from '../../io.ts';
import { usage } from '../../usage.ts';
import { templates } from './templates.ts';

/** What every file of a template calls its plugin; the new one's id takes its place, in names and texts. */
const placeholder = /acme-sample/g;

/** An id as the manifest's schema has it, short enough that `entry-<id>` is one, too. */
const idShape = /^(?=.{1,58}$)[a-z0-9]+(?:[._-][a-z0-9]+)*$/;

/** The flags of `countersign plugin new`. */
export interface NewOptions {
  readonly type: 'entry' | 'pki' | 'policy';
  readonly id?: string;
}

/** `countersign plugin new`: writes a plugin that is complete, small and works: the place to begin. */
export async function run(
  { type, id: given }: NewOptions,
  io: Io,
  { args: [folder = ''] }: { readonly args: readonly string[] },
): Promise<void> {
  const id = given ?? path.basename(path.resolve(folder));
  if (!idShape.test(id)) {
    throw usage(
      `${JSON.stringify(id)} cannot be an id: lower-case letters and digits, with single . _ or - between them, ` +
        'at most 58; it is the folder’s name unless --id gives another',
    );
  }
  await refuseUsed(folder);
  const written: string[] = [];
  for (const template of ['common', type]) {
    const root = path.join(templates, template);
    for (const file of await readdir(root, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      const source = path.join(file.parentPath, file.name);
      const name = path.relative(root, source).replace(placeholder, id);
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), (await readFile(source, 'utf8')).replace(placeholder, id));
      written.push(name);
    }
  }
  io.out(
    `${written
      .map((name) => `wrote ${path.join(folder, name)}\n`)
      .sort()
      .join('')}`,
  );
  io.err(`Next: countersign plugin build ${folder} && countersign plugin check ${folder}\n`);
}

async function refuseUsed(folder: string): Promise<void> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (cause) {
    if (typeof cause === 'object' && cause !== null && Reflect.get(cause, 'code') === 'ENOENT') return;
    throw usage(`${folder} is not a folder`);
  }
  if (names.length > 0) throw usage(`${folder} is not empty: a new plugin gets a folder of its own`);
}
