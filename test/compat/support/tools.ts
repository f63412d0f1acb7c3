import { spawnSync } from 'node:child_process';

/** Where a program is; empty where it is not installed. */
export function placeOfTool(name: string): string {
  return spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
}

/** `it` where all of these programs are installed; elsewhere the case counts as skipped. */
export function itWithTools(...names: readonly string[]): typeof it.skip {
  return names.every((name) => placeOfTool(name) !== '') ? it : it.skip;
}
