import { CountersignError, malformed } from '@countersign/errors';
import { fromBase64, toBase64 } from './base64.ts';
import { asBuffer } from './bytes.ts';
import { limits } from './limits.ts';

/** One PEM block: what the label claims, and the bytes. */
export interface PemBlock {
  /** Such as `PUBLIC KEY`. */
  readonly label: string;
  readonly der: Uint8Array;
}

const begin = '-----BEGIN ';
const dashes = '-----';
/** RFC 7468 §3: printable characters but `-`, with single blanks or hyphens between words. */
const labelShape = /^[!-,.-~]+(?:[- ][!-,.-~]+)*$/;
const space = /[ \t\r\n\v\f]+/g;

/**
 * Reads every PEM block (RFC 7468), in order. Line lengths are free, as its §2 asks of
 * parsers; anything beside blocks and white space (explanatory text, RFC 1421 headers) is refused.
 *
 * @throws `ERR_MALFORMED`, also when there is no block
 * @throws `ERR_TOO_LARGE` on too much text or too many blocks
 */
export function decodePem(input: string | Uint8Array): PemBlock[] {
  if (input.length > limits.pemBytes) throw tooLarge();
  const text = typeof input === 'string' ? input : asBuffer(input).toString('latin1');
  const blocks: PemBlock[] = [];
  for (let at = skipSpace(text, 0); at < text.length; ) {
    if (blocks.length === limits.pemBlocks) throw tooLarge();
    if (!text.startsWith(begin, at)) throw malformed('PEM', 'text outside of a block');
    const labelEnd = text.indexOf(dashes, at + begin.length);
    const label = text.slice(at + begin.length, labelEnd);
    if (labelEnd < 0 || !labelShape.test(label)) throw malformed('PEM', 'wrong label');
    const start = labelEnd + dashes.length;
    const end = text.indexOf(dashes, start);
    const trailer = `${dashes}END ${label}${dashes}`;
    if (end < 0 || !text.startsWith(trailer, end)) throw malformed('PEM', `no end of ${label}`);
    blocks.push({ label, der: fromBase64(text.slice(start, end).replace(space, '')) });
    at = skipSpace(text, end + trailer.length);
  }
  if (blocks.length === 0) throw malformed('PEM', 'no block');
  return blocks;
}

/** Writes one PEM block (RFC 7468): 64 columns, lines ended by `\n`, the last one too. */
export function encodePem(label: string, der: Uint8Array): string {
  const lines = toBase64(der).replace(/.{1,64}/g, '$&\n');
  return `${begin}${label}${dashes}\n${lines}${dashes}END ${label}${dashes}\n`;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\r\n\v\f'.includes(text.charAt(at))) at++;
  return at;
}

function tooLarge(): CountersignError {
  return new CountersignError(
    'ERR_TOO_LARGE',
    `PEM is over the limit of ${limits.pemBytes} bytes or ${limits.pemBlocks} blocks`,
  );
}
