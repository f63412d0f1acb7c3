import { malformed } from '@countersign/errors';
import { limits } from './limits.ts';

/** Reads the contents octets of an OBJECT IDENTIFIER (X.690 §8.19) into dotted form. Throws `ERR_MALFORMED`. */
export function readOid(contents: Uint8Array): string {
  if (contents.length === 0 || contents.length > limits.oidBytes) throw malformed('OID');
  const arcs: bigint[] = [];
  let arc = 0n;
  let fresh = true;
  for (const octet of contents) {
    if (fresh && octet === 0x80) throw malformed('OID', 'not minimal');
    arc = (arc << 7n) | BigInt(octet & 0x7f);
    fresh = octet < 0x80;
    if (fresh) {
      arcs.push(arc);
      arc = 0n;
    }
  }
  const [first] = arcs;
  if (!fresh || first === undefined) throw malformed('OID', 'truncated');
  const root = first < 80n ? first / 40n : 2n;
  return [root, first - root * 40n, ...arcs.slice(1)].join('.');
}

/** Writes the contents octets of a dotted OBJECT IDENTIFIER. Throws `ERR_MALFORMED`. */
export function writeOid(dotted: string): Uint8Array {
  if (!/^[012]\.(0|[1-9]\d*)(\.(0|[1-9]\d*))*$/.test(dotted)) throw malformed('OID');
  const [root = 0n, second = 0n, ...rest] = dotted.split('.').map(BigInt);
  if (root < 2n && second >= 40n) throw malformed('OID');
  const octets: number[] = [];
  for (const arc of [root * 40n + second, ...rest]) {
    const digits = [Number(arc & 0x7fn)];
    for (let left = arc >> 7n; left > 0n; left >>= 7n) digits.unshift(Number(left & 0x7fn) | 0x80);
    octets.push(...digits);
  }
  if (octets.length > limits.oidBytes) throw malformed('OID');
  return Uint8Array.from(octets);
}
