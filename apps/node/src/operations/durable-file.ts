import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { CountersignError } from '@countersign/errors';

/** A file by its content. */
export interface FileDigest {
  /** Bytes. */
  readonly size: number;
  /** Hex. */
  readonly sha256: string;
}

/** Copies a file to a new one, mode 0600, on disk when this resolves; tells what was copied. */
export async function copyDurably(from: string, to: string): Promise<FileDigest> {
  const file = await open(to, 'w', 0o600);
  try {
    const digest = await digestStream(from, (chunk) => file.appendFile(chunk));
    await file.sync();
    return digest;
  } finally {
    await file.close();
  }
}

/** The digest of a file. */
export function digestFile(path: string): Promise<FileDigest> {
  return digestStream(path, async () => undefined);
}

/**
 * The text of a file of at most `limit` bytes; `undefined` when there is none.
 *
 * @throws `ERR_TOO_LARGE`
 */
export async function readSmall(path: string, limit: number): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    if (size > limit) throw new CountersignError('ERR_TOO_LARGE', `${path} is over ${limit} bytes`);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (fieldOf(error, 'code') === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Turns what the system refuses on the way into an `ERR_STORAGE`.
 *
 * @param doing what is going on, for the message
 */
export async function guardFiles<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (fieldOf(cause, 'syscall') === undefined) throw cause;
    throw new CountersignError('ERR_STORAGE', `${doing}: ${fieldOf(cause, 'message')}`, { cause });
  }
}

function fieldOf(error: unknown, name: 'code' | 'syscall' | 'message'): unknown {
  return typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
}

async function digestStream(path: string, use: (chunk: Buffer) => Promise<unknown>): Promise<FileDigest> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
    await use(chunk);
  }
  return { size, sha256: hash.digest('hex') };
}
