import { fromBase64, toBase64 } from '@countersign/encoding';
import { CountersignError, malformed } from '@countersign/errors';
import { maxNoteBytes, maxSignatures } from './limits.ts';

/** One signature line of a note. */
export interface NoteSignature {
  /** The key's name: not empty, no white space, no `+`. Not covered by the signature. */
  readonly name: string;
  /** The first four bytes of the key's id. */
  readonly hint: Uint8Array;
  /** At least one byte. */
  readonly signature: Uint8Array;
}

/**
 * A signed note (C2SP signed-note): text, a blank line, one line a signature.
 *
 *     example.com/log
 *     …
 *
 *     — example.com/log Uw2QOkn8srV1…
 */
export interface Note {
  /** What is signed, as UTF-8. Ends in a newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** Bytes of a key hint. */
export const hintSize = 4;

/**
 * Reads a note; verifies nothing. Takes exactly what {@link formatNote} writes.
 *
 * @throws `ERR_MALFORMED`; `ERR_TOO_LARGE` over 256 KiB
 */
export function parseNote(text: string): Note {
  // UTF-8 is never shorter than the string, so the cheap test goes first.
  if (text.length > maxNoteBytes || Buffer.byteLength(text) > maxNoteBytes) {
    throw new CountersignError('ERR_TOO_LARGE', `a note may have ${maxNoteBytes} bytes`, {
      details: { limit: maxNoteBytes },
    });
  }
  const end = text.lastIndexOf('\n\n');
  if (end === -1) throw malformed('note', 'no blank line before the signatures');
  const lines = text.slice(end + 2).split('\n', maxSignatures + 2);
  if (lines.length > 1 && lines.at(-1) === '') lines.pop();
  const note = { text: text.slice(0, end + 1), signatures: lines.map(parseLine) };
  if (formatNote(note) !== text) throw malformed('note', 'not canonical');
  return note;
}

/** Writes a note. Throws `ERR_MALFORMED` when a part of it cannot stand in a note. */
export function formatNote({ text, signatures }: Note): string {
  checkText(text);
  if (signatures.length < 1 || signatures.length > maxSignatures) {
    throw malformed('note', `not 1 to ${maxSignatures} signatures`);
  }
  return `${text}\n${signatures.map(formatLine).join('')}`;
}

function checkText(text: string): void {
  if (!text.endsWith('\n')) throw malformed('note', 'the text does not end in a newline');
  if (/[^\P{Cc}\n]/u.test(text)) throw malformed('note', 'control character');
  if (/\p{Surrogate}/u.test(text)) throw malformed('note', 'lone surrogate');
}

function parseLine(line: string): NoteSignature {
  const [, name, encoded] = /^— (\S+) (\S+)$/u.exec(line) ?? [];
  if (name === undefined || encoded === undefined) throw malformed('note', 'not a signature line');
  const bytes = fromBase64(encoded);
  return { name, hint: bytes.subarray(0, hintSize), signature: bytes.subarray(hintSize) };
}

function formatLine({ name, hint, signature }: NoteSignature): string {
  if (!/^[^\s+\p{Cc}\p{Surrogate}]+$/u.test(name)) throw malformed('note', 'bad key name');
  if (hint.length !== hintSize || signature.length === 0) throw malformed('note', 'signature too short');
  return `— ${name} ${toBase64(Buffer.concat([hint, signature]))}\n`;
}
