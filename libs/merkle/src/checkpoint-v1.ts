import { equalBytes, toHex, utf8Encode } from '@countersign/encoding';
import { CountersignError, malformed } from '@countersign/errors';
import { type Checkpoint, formatCheckpoint, readCheckpoint } from './checkpoint.ts';
import type { Hash } from './hash.ts';
import { maxTreeId } from './limits.ts';
import { formatNote, hintSize } from './note.ts';
import { type NoteKey, type NoteSigner, type NoteVerify, noteKeyIdV1 } from './note-key.ts';

/** The origin of a Rekor v1 log, `<hostname> - <treeId>`. */
export interface OriginV1 {
  readonly hostname: string;
  /** Decimal, 1 to 2^63-1. */
  readonly treeId: string;
}

/** Writes the origin of a v1 log. Throws `ERR_MALFORMED` when `treeId` is not one. */
export function formatOriginV1({ hostname, treeId }: OriginV1): string {
  if (!/^[1-9]\d{0,18}$/.test(treeId) || BigInt(treeId) > maxTreeId) throw malformed('tree id');
  return `${hostname} - ${treeId}`;
}

/** Reads the origin of a v1 log: exactly what {@link formatOriginV1} writes. Throws `ERR_MALFORMED`. */
export function parseOriginV1(origin: string): OriginV1 {
  const [, hostname, treeId] = /^(\S+) - (\d+)$/u.exec(origin) ?? [];
  if (hostname === undefined || treeId === undefined) throw malformed('origin');
  formatOriginV1({ hostname, treeId });
  return { hostname, treeId };
}

/**
 * Signs a checkpoint as Rekor v1 does: the signature line carries the host name, not the origin, and
 * the key hint is taken from the SubjectPublicKeyInfo for every kind of key.
 */
export async function signCheckpointV1(
  { hostname, treeId, size, root }: OriginV1 & { readonly size: number; readonly root: Hash },
  signer: NoteSigner,
): Promise<string> {
  const text = formatCheckpoint({ origin: formatOriginV1({ hostname, treeId }), size, root, extensions: [] });
  const hint = noteKeyIdV1(signer.publicKey).subarray(0, hintSize);
  const signature = await signer.sign(utf8Encode(text));
  return formatNote({ text, signatures: [{ name: hostname, hint, signature }] });
}

/**
 * Reads a checkpoint of a Rekor v1 log and verifies it by upstream's rule: every signature line
 * must be by this key, so a cosigned v1 checkpoint is refused. Names are not compared: they are
 * not signed, and v1's are not the origin.
 *
 * @throws `ERR_CHECKPOINT_INVALID`
 */
export function openCheckpointV1<K extends NoteKey>(text: string, publicKey: K, verify: NoteVerify<K>): Checkpoint {
  const { note, checkpoint } = readCheckpoint(text);
  const hint = noteKeyIdV1(publicKey).subarray(0, hintSize);
  const message = utf8Encode(note.text);
  for (const line of note.signatures) {
    if (!equalBytes(line.hint, hint)) {
      throw refuse('another key signed it', { expected: toHex(hint), found: toHex(line.hint) });
    }
    if (!verify(publicKey, { message }, line.signature)) throw refuse('the signature does not verify');
  }
  return checkpoint;
}

function refuse(why: string, details: Readonly<Record<string, string>> = {}): CountersignError {
  return new CountersignError('ERR_CHECKPOINT_INVALID', `the checkpoint is not valid: ${why}`, { details });
}
