import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isJsonObject, parseJson } from '@countersign/encoding';
import { CountersignError, malformed } from '@countersign/errors';
import { parseOriginV1, readCheckpoint } from '@countersign/merkle';
import { textOf } from './caught.ts';
import { clientLimits } from './limits.ts';

/** Signed checkpoints by key: a tree id in decimal, or a server's URL. */
export type TreeStates = ReadonlyMap<string, string>;

/**
 * What this user has seen of each log: the newest signed checkpoint of every tree, in the file
 * rekor-cli keeps too (`~/.rekor/state.json`), so that a log cannot take back towards one
 * tool what it showed to the other.
 *
 * Read it *before* asking the log: what another process stores meanwhile must not make an
 * honest answer look old.
 *
 * @throws `ERR_MALFORMED` on a file that is no state: it may be evidence, so it is not written over;
 *   `ERR_INPUT_UNREADABLE` on one that cannot be read
 */
export async function loadTreeStates(path: string): Promise<TreeStates> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const code = textOf(error, 'code');
    if (code === 'ENOENT' || code === 'ENOTDIR') return new Map();
    throw new CountersignError('ERR_INPUT_UNREADABLE', `cannot read the state file ${path}: ${code}`, { cause: error });
  }
  const value = parseJson(bytes, { bytes: clientLimits.stateBytes, depth: 1 });
  if (!isJsonObject(value)) throw malformed(`state file ${path}`, 'not an object');
  const states = new Map<string, string>();
  for (const [key, text] of Object.entries(value)) {
    if (text === null || text === undefined) continue;
    if (typeof text !== 'string') throw malformed(`state file ${path}`, `the checkpoint of ${key} is not a string`);
    states.set(key, text);
  }
  return states;
}

/**
 * Stores `checkpoint` under `keys`: atomically, for this user alone (0600), everything else in the
 * file kept. A larger checkpoint of the same tree, stored by another process meanwhile, stays;
 * one of an empty tree is not stored, as it binds the log to nothing.
 */
export async function storeTreeState(path: string, keys: readonly string[], checkpoint: string): Promise<void> {
  if (readCheckpoint(checkpoint).checkpoint.size === 0) return;
  const before = await loadTreeStates(path);
  const after = new Map(before);
  for (const key of keys) {
    const stored = before.get(key);
    if (stored === undefined || !isAtLeast(stored, checkpoint)) after.set(key, checkpoint);
  }
  if ([...after].every(([key, text]) => before.get(key) === text)) return;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(temporary, JSON.stringify(Object.fromEntries([...after].sort())), { mode: 0o600, flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Tells whether `stored` is of the same tree as `checkpoint` and not smaller. */
function isAtLeast(stored: string, checkpoint: string): boolean {
  const { checkpoint: a } = readCheckpoint(stored);
  const { checkpoint: b } = readCheckpoint(checkpoint);
  return parseOriginV1(a.origin).treeId === parseOriginV1(b.origin).treeId && a.size >= b.size;
}
