import type { HashAlgorithm, PluginApi } from '@countersign/plugin-api';
import { limits } from './limits.ts';
import type { Attributes } from './manifest.ts';

/** As the names of attributes begin. */
const hashes: ReadonlyMap<string, 'sha1' | HashAlgorithm> = new Map([
  ['SHA', 'sha1'],
  ['SHA1', 'sha1'],
  ['SHA-1', 'sha1'],
  ['SHA256', 'sha256'],
  ['SHA-256', 'sha256'],
  ['SHA384', 'sha384'],
  ['SHA-384', 'sha384'],
  ['SHA512', 'sha512'],
  ['SHA-512', 'sha512'],
]);

/**
 * Holds content to every digest that attributes ending with `suffix` (upper case, such as `-DIGEST`) give of it.
 * One of them must be SHA-256 or better; a SHA-1 beside it is checked and does not count.
 *
 * @throws `ERR_ENTRY_INVALID` on another digest
 * @throws `ERR_TOO_LARGE` on too many
 * @throws `ERR_UNSUPPORTED` on no digest that counts, and on an unknown one
 */
export function checkDigests(
  { crypto, encoding, errors }: PluginApi,
  what: string,
  attributes: Attributes,
  { suffix, content }: { readonly suffix: string; readonly content: Uint8Array },
): void {
  const digests = [...attributes].filter(([name]) => name.endsWith(suffix));
  if (digests.length > limits.digests) {
    throw errors.refuse('ERR_TOO_LARGE', `${what}: over ${limits.digests} digests`);
  }
  let counted = 0;
  for (const [name, value] of digests) {
    const hash = hashes.get(name.slice(0, -suffix.length));
    if (hash === undefined) throw errors.refuse('ERR_UNSUPPORTED', `${what}: unknown digest ${name}`);
    const calculated = encoding.toBase64(crypto.hash(hash, content));
    if (calculated !== value) {
      throw errors.refuse(
        'ERR_ENTRY_INVALID',
        `${what}: ${name} mismatch: manifest ${value} != calculated ${calculated}`,
      );
    }
    if (hash !== 'sha1') counted++;
  }
  if (counted === 0) throw errors.refuse('ERR_UNSUPPORTED', `${what}: no recognized digests found`);
}
