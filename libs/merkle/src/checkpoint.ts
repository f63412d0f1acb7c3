import { equalBytes, fromBase64, toBase64, toHex, utf8Encode } from '@countersign/encoding';
import { CountersignError, malformed } from '@countersign/errors';
import { type Hash, hashSize } from './hash.ts';
import { maxExtensions, maxNoteBytes } from './limits.ts';
import { formatNote, hintSize, type Note, parseNote } from './note.ts';
import { type NoteKey, type NoteSigner, type NoteVerify, noteKeyId } from './note-key.ts';
import { isCount } from './size.ts';

/**
 * What a log signs of its tree (C2SP tlog-checkpoint). Its text:
 *
 *     example.com/behind-the-sofa
 *     20852163
 *     CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
 */
export interface Checkpoint {
  /** The log's name: one line, not empty. */
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
  /** Further lines, none of them empty. */
  readonly extensions: readonly string[];
}

/** A key that is trusted to sign for a log. */
export interface TrustedLog<K extends NoteKey> {
  readonly origin: string;
  readonly publicKey: K;
  readonly verify: NoteVerify<K>;
}

/** Writes the text of a checkpoint, which is what is signed. Throws `ERR_MALFORMED` when a part cannot stand in it. */
export function formatCheckpoint({ origin, size, root, extensions }: Checkpoint): string {
  if (!isCount(size)) throw malformed('checkpoint', 'size out of range');
  if (root.length !== hashSize) throw malformed('checkpoint', 'the root is not 32 bytes');
  if (extensions.length > maxExtensions) throw malformed('checkpoint', `more than ${maxExtensions} extension lines`);
  const lines = [origin, String(size), toBase64(root), ...extensions];
  if (lines.some((line) => !/^[^\p{Cc}\p{Surrogate}]+$/u.test(line))) throw malformed('checkpoint', 'bad line');
  return `${lines.join('\n')}\n`;
}

/**
 * Reads the text of a checkpoint: exactly what {@link formatCheckpoint} writes.
 *
 * @throws `ERR_MALFORMED`
 */
export function parseCheckpoint(text: string): Checkpoint {
  if (text.length > maxNoteBytes) throw malformed('checkpoint', 'too long');
  const [origin, size, root, ...rest] = text.split('\n', maxExtensions + 5);
  if (origin === undefined || size === undefined || root === undefined) throw malformed('checkpoint', 'lines missing');
  const checkpoint = { origin, size: Number(size), root: fromBase64(root), extensions: rest.slice(0, -1) };
  if (formatCheckpoint(checkpoint) !== text) throw malformed('checkpoint', 'not canonical');
  return checkpoint;
}

/** Signs a checkpoint under the name of its origin (C2SP tlog-checkpoint): the text of the note. */
export async function signCheckpoint(checkpoint: Checkpoint, signer: NoteSigner): Promise<string> {
  const text = formatCheckpoint(checkpoint);
  const hint = noteKeyId(checkpoint.origin, signer.publicKey).subarray(0, hintSize);
  const signature = await signer.sign(utf8Encode(text));
  return formatNote({ text, signatures: [{ name: checkpoint.origin, hint, signature }] });
}

/**
 * Reads a signed checkpoint and verifies that the log signed it: at least one line carries the key's name and
 * id, and every such line verifies. Lines of other keys, such as witnesses', are passed over.
 *
 * @throws `ERR_CHECKPOINT_INVALID`
 */
export function openCheckpoint<K extends NoteKey>(text: string, log: TrustedLog<K>): Checkpoint {
  const { note, checkpoint } = readCheckpoint(text);
  if (checkpoint.origin !== log.origin) {
    throw refuse('it is from another log', { expected: log.origin, found: checkpoint.origin });
  }
  const hint = noteKeyId(log.origin, log.publicKey).subarray(0, hintSize);
  const own = note.signatures.filter((line) => line.name === log.origin && equalBytes(line.hint, hint));
  if (own.length === 0) {
    throw refuse('no signature by the key of the log', {
      expected: `${log.origin} ${toHex(hint)}`,
      found: note.signatures.map((line) => `${line.name} ${toHex(line.hint)}`).join(', '),
    });
  }
  const message = utf8Encode(note.text);
  if (!own.every((line) => log.verify(log.publicKey, { message }, line.signature))) {
    throw refuse('a signature of the log does not verify');
  }
  return checkpoint;
}

/** Reads a signed checkpoint without verifying anything. Throws `ERR_CHECKPOINT_INVALID`. */
export function readCheckpoint(text: string): { readonly note: Note; readonly checkpoint: Checkpoint } {
  try {
    const note = parseNote(text);
    return { note, checkpoint: parseCheckpoint(note.text) };
  } catch (cause) {
    throw new CountersignError(
      'ERR_CHECKPOINT_INVALID',
      cause instanceof Error ? cause.message : 'malformed checkpoint',
      {
        cause,
      },
    );
  }
}

function refuse(why: string, details: Readonly<Record<string, string>> = {}): CountersignError {
  return new CountersignError('ERR_CHECKPOINT_INVALID', `the checkpoint is not valid: ${why}`, { details });
}
