/**
 * Text as a text signature hashes it (RFC 9580 §5.2.1.2): line feeds become CRLF. A carriage
 * return keeps whatever stands after it as it is, as upstream has it.
 */
export function canonicalText(text: Uint8Array): Uint8Array {
  const characters = Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('latin1');
  return Buffer.from(
    characters.replace(/\r[\s\S]|\n/g, (found) => (found === '\n' ? '\r\n' : found)),
    'latin1',
  );
}
