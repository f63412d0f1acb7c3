import { concat, equalBytes } from '@countersign/encoding';
import { type HashAlgorithm, hashLength } from './algorithm.ts';
import { hash as hashOf } from './hash.ts';

/**
 * EMSA-PSS-VERIFY (RFC 8017 §9.1.2) with MGF1 over the same hash and a salt of whatever length the
 * padding leaves.
 *
 * @param encoded the encoded message, in as many octets as the modulus has
 * @param bits the encoded message's bits: one less than the modulus's
 */
export function verifyPss(hash: HashAlgorithm, digest: Uint8Array, encoded: Uint8Array, bits: number): boolean {
  const length = Math.ceil(bits / 8);
  // A modulus of 8k + 1 bits is an octet longer than the message in it.
  if (encoded.subarray(0, encoded.length - length).some((octet) => octet !== 0)) return false;
  const message = encoded.subarray(encoded.length - length);
  const maskedLength = length - hashLength[hash] - 1;
  const spareMask = 0xff >> (8 * length - bits);
  if (maskedLength < 1 || message.at(-1) !== 0xbc || (message[0] ?? 0) > spareMask) return false;

  const seed = message.subarray(maskedLength, -1);
  const block = mgf1(hash, seed, maskedLength);
  for (let i = 0; i < maskedLength; i++) block[i] = (block[i] ?? 0) ^ (message[i] ?? 0);
  block[0] = (block[0] ?? 0) & spareMask;

  const one = block.findIndex((octet) => octet !== 0);
  if (one < 0 || block[one] !== 1) return false;
  const salt = block.subarray(one + 1);
  return equalBytes(seed, hashOf(hash, concat(new Uint8Array(8), digest, salt)));
}

/** MGF1 (RFC 8017 §B.2.1): a mask of `length` octets. */
export function mgf1(hash: HashAlgorithm, seed: Uint8Array, length: number): Uint8Array {
  const mask = new Uint8Array(length);
  const size = hashLength[hash];
  for (let counter = 0; counter * size < length; counter++) {
    const number = new Uint8Array(4);
    new DataView(number.buffer).setUint32(0, counter);
    mask.set(hashOf(hash, concat(seed, number)).subarray(0, length - counter * size), counter * size);
  }
  return mask;
}
