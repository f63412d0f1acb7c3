import { concat, utf8Encode } from '@countersign/encoding';
import { CountersignError } from '@countersign/errors';
import { type Hash, sha256 } from './hash.ts';

/** The key of a note's signer, as much of it as notes need. */
export interface NoteKey {
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  /** `ecdsa-p256`, `ecdsa-p384`, `ecdsa-p521`, `rsa-<bits>`, `ed25519`. */
  readonly algorithm: string;
}

/** Signs notes: ECDSA (DER) and RSA over SHA-256, Ed25519 pure. */
export interface NoteSigner {
  readonly publicKey: NoteKey;
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** Tells whether `key` made `signature` over `message`, with the hash of {@link NoteSigner}. */
export type NoteVerify<K extends NoteKey> = (
  key: K,
  signed: { readonly message: Uint8Array },
  signature: Uint8Array,
) => boolean;

/** DER SubjectPublicKeyInfo of an Ed25519 key is a prefix of 12 bytes and the key. */
const ed25519SpkiSize = 44;

/**
 * The id of the key `publicKey` under the name `name`: 32 bytes, of which signature lines carry the first four.
 * Ed25519 as in C2SP signed-note; ECDSA and RSA as Sigstore's logs do it, where the whole id is the log id.
 *
 * @throws `ERR_UNSUPPORTED` for another kind of key
 */
export function noteKeyId(name: string, { spki, algorithm }: NoteKey): Hash {
  const prefix = utf8Encode(`${name}\n`);
  if (algorithm.startsWith('ecdsa-')) return sha256(spki);
  if (algorithm.startsWith('rsa-')) {
    return sha256(concat(prefix, Uint8Array.of(0xff), utf8Encode('PKIX-RSA-PKCS#1v1.5'), spki));
  }
  if (algorithm === 'ed25519' && spki.length === ed25519SpkiSize) {
    return sha256(concat(prefix, Uint8Array.of(0x01), spki.subarray(-32)));
  }
  throw new CountersignError('ERR_UNSUPPORTED', `no note key id for ${algorithm} keys`, {
    details: { found: algorithm },
  });
}

/** The id of a Rekor v1 log's key, of whatever kind: SHA-256 of its SubjectPublicKeyInfo. */
export function noteKeyIdV1({ spki }: NoteKey): Hash {
  return sha256(spki);
}
