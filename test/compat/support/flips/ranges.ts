import { X509Certificate } from 'node:crypto';

/** Positions `from` to `to`, the latter not among them. */
export type Range = readonly [from: number, to: number];

/** All of it. */
export const everything = (bytes: Buffer): Range[] => (bytes.length === 0 ? [] : [[0, bytes.length]]);

/** Wherever a pattern matches the bytes as latin1. */
export const matching =
  (pattern: RegExp) =>
  (bytes: Buffer): Range[] =>
    [...bytes.toString('latin1').matchAll(pattern)].map(({ index, 0: match }) => [index, index + match.length]);

/** What is left of a range without another. */
export function without([from, to]: Range, [start, end]: Range): Range[] {
  const left: Range[] = [
    [from, Math.min(to, start)],
    [Math.max(from, end), to],
  ];
  return left.filter(([first, last]) => first < last);
}

/** A certificate's range in DER, without that of its key. */
export function besideItsKey(der: Buffer, at = 0): Range[] {
  const spki = new X509Certificate(der).publicKey.export({ type: 'spki', format: 'der' });
  const start = at + der.indexOf(spki);
  return without([at, at + der.length], [start, start + spki.length]);
}

/** The ranges in armor, or PEM, that stand for ranges of the bytes inside. A letter of base64 is six bits, some of it perhaps beside. */
export function inArmor(text: string, base64: string, at: number, inside: (bytes: Buffer) => Range[]): Range[] {
  const letters: number[] = [];
  for (let position = at; position < at + base64.length; position++) {
    if (/[A-Za-z0-9+/]/.test(text.charAt(position))) letters.push(position);
  }
  return inside(Buffer.from(base64, 'base64')).flatMap(([from, to]) =>
    letters
      .slice(Math.floor((from * 8) / 6), Math.ceil((to * 8) / 6))
      .map((position): Range => [position, position + 1]),
  );
}

/** What stands beside the key in the last certificate of a PEM file. */
export function lastCertificate(file: Buffer): Range[] {
  const text = file.toString('latin1');
  const last = [...text.matchAll(/-----BEGIN CERTIFICATE-----\s([^-]+)-----END/g)].at(-1);
  if (last?.[1] === undefined) return [];
  return inArmor(text, last[1], last.index + last[0].indexOf(last[1]), (der) => besideItsKey(der));
}
