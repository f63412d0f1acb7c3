import { existsSync } from 'node:fs';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startCountersign } from '../countersign.ts';
import { fill, type Tell } from './fill.ts';

/** The folder of a log of that size, made by {@link fillAll}: what a node has as its data is in `data`. */
export function folderOf(work: string, size: number): string {
  return join(work, `${size}`);
}

/**
 * Makes a log of each size (ascending), the smaller ones as copies of the largest on its way. May be killed at any time:
 * the next call goes on.
 */
export async function fillAll(work: string, sizes: readonly number[], tell: Tell): Promise<void> {
  const growing = join(work, 'growing');
  for (const size of sizes.filter((each) => !existsSync(folderOf(work, each)))) {
    if (!existsSync(join(growing, 'data', 'log.sqlite'))) {
      await mkdir(growing, { recursive: true });
      await (await startCountersign(growing)).stop();
    }
    await fill(join(growing, 'data'), size, tell);
    if (size === sizes.at(-1)) await rename(growing, folderOf(work, size));
    else await copyFolder(growing, folderOf(work, size));
  }
}

/** Copies a folder as a whole or not at all. */
export async function copyFolder(from: string, to: string): Promise<void> {
  const draft = `${to}.new`;
  await rm(draft, { recursive: true, force: true });
  await cp(from, draft, { recursive: true, preserveTimestamps: true });
  await rename(draft, to);
}
