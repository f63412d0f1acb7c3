import { isBlank, readArmor, trim } from './armor.ts';
import { Problem } from './problem.ts';

/** Clearsigned text (RFC 9580 §7). */
export interface Clearsigned {
  /** The bytes that were signed: lines without space at their ends, joined by CRLF. Nothing else is. */
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

const begin = '-----BEGIN PGP SIGNED MESSAGE-----';

/**
 * Reads a file of clearsigned text, or `undefined` when it is none. What no signature covers is
 * refused: text before and after, header lines other than `Hash:`, unescaped dashes.
 */
export function readClearsigned(lines: readonly string[]): Clearsigned | undefined {
  const text = lines.map((line) => line.replace(/\r$/, ''));
  if (text[0] !== begin) return undefined;
  const blank = text.indexOf('');
  const signatureAt = text.indexOf('-----BEGIN PGP SIGNATURE-----');
  if (blank === -1 || signatureAt < blank) throw new Problem('fatal', 'clearsigned text lacks a part');
  if (!text.slice(1, blank).every((line) => /^Hash: [A-Za-z0-9-]+(?:, ?[A-Za-z0-9-]+)*$/.test(line))) {
    throw new Problem('fatal', 'clearsigned text with another header than Hash');
  }
  const armor = readArmor(text.slice(signatureAt));
  if (armor === undefined || armor.before.length > 0 || !isBlank(armor.after)) {
    throw new Problem('fatal', 'clearsigned text with an invalid signature block, or more after it');
  }
  const message = text
    .slice(blank + 1, signatureAt)
    .map(signedLine)
    .join('\r\n');
  return { message: Buffer.from(message, 'latin1'), signature: armor.bytes };
}

function signedLine(line: string): string {
  if (line.startsWith('-') && !line.startsWith('- ')) throw new Problem('fatal', 'clearsigned text with a bare dash');
  // Space at the start of a line is text.
  return trim(`-${line.startsWith('- ') ? line.slice(2) : line}`).slice(1);
}
