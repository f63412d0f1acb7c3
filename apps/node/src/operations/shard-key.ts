import { readFile } from 'node:fs/promises';
import { hasCode } from '@countersign/errors';
import { checkKeyFile } from '@countersign/log';
import type { ShardRecord } from '@countersign/tree';

/** What a look at a shard's key file came to. */
export interface KeyLook {
  /** Why it is not the shard's key; `undefined` when nothing is wrong. */
  readonly problem?: string;
  /** The key is encrypted and there is no passphrase: nobody can tell. */
  readonly unchecked?: true;
}

/** Looks at the private key of a shard. */
export async function lookAtKey(path: string, record: ShardRecord, passphrase?: string): Promise<KeyLook> {
  if (passphrase === undefined && (await isEncrypted(path))) return { unchecked: true };
  try {
    await checkKeyFile(path, record, passphrase);
    return {};
  } catch (error) {
    if (!hasCode(error)) throw error;
    return { problem: error.message };
  }
}

async function isEncrypted(path: string): Promise<boolean> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.includes('-----BEGIN ENCRYPTED PRIVATE KEY-----');
}
