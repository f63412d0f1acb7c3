import { createHash } from 'node:crypto';
import type { PkiFormat, PkiKey, PkiVerification, PluginApi, VerifyKey } from '@countersign/plugin-api';
import { readKeyFile } from './key-file.ts';
import { limits } from './limits.ts';
import { type Packet, writePacket } from './packet.ts';
import { readSignatureFile } from './signature-file.ts';

/** SubjectPublicKeyInfo of an Ed25519 key up to the 32 bytes of the key (RFC 8410 §4). */
const ed25519Spki = Buffer.from('302a300506032b6570032100', 'hex');

/** The second letter of the algorithm `ED`: what is signed is the artifact's BLAKE2b-512. `Ed` signs the artifact. */
const prehashed = 'D'.charCodeAt(0);

/** minisign and signify: one Ed25519 key, one signature. */
export default function minisign(api: PluginApi): PkiFormat {
  const { crypto, encoding, errors } = api;

  function readKey(bytes: Uint8Array): Packet & { readonly verifyKey: VerifyKey } {
    if (bytes.length > limits.keyBytes) {
      throw errors.refuse('ERR_TOO_LARGE', `minisign public key is over ${limits.keyBytes} bytes`);
    }
    const key = readKeyFile(api, bytes);
    if (key === undefined) throw errors.refuse('ERR_MALFORMED', 'malformed minisign public key');
    return { ...key, verifyKey: crypto.parseSpki(Buffer.concat([ed25519Spki, key.payload])) };
  }

  function readSignature(bytes: Uint8Array): Packet {
    if (bytes.length > limits.signatureBytes) {
      throw errors.refuse('ERR_TOO_LARGE', `minisign signature is over ${limits.signatureBytes} bytes`);
    }
    const signature = readSignatureFile(api, bytes);
    if (signature === undefined) throw errors.refuse('ERR_MALFORMED', 'malformed minisign signature');
    return signature;
  }

  function signedMessage({ signed }: PkiVerification, { algorithm }: Packet): Uint8Array {
    if (!('message' in signed)) {
      throw errors.refuse('ERR_UNSUPPORTED', `minisign verifies the artifact, not its ${signed.hash}`);
    }
    return algorithm[1] === prehashed ? createHash('blake2b512').update(signed.message).digest() : signed.message;
  }

  return {
    async parseKey(bytes): Promise<PkiKey> {
      const { verifyKey, ...key } = readKey(bytes);
      return {
        canonical: Buffer.from(writePacket(api, key)),
        identities: [],
        members: [
          { fingerprint: encoding.toHex(crypto.hash('sha256', verifyKey.spki)), algorithm: verifyKey.algorithm },
        ],
      };
    },

    async parseSignature(bytes) {
      return { canonical: Buffer.from(`untrusted comment:\n${writePacket(api, readSignature(bytes))}`) };
    },

    // Key ids are no part of what is signed and are not compared: a key of 32 bytes has none.
    async verify(verification) {
      const signature = readSignature(verification.signature.canonical);
      const message = signedMessage(verification, signature);
      const signers = verification.keys.filter((key) =>
        crypto.verify(readKey(key.canonical).verifyKey, { message }, signature.payload),
      );
      if (signers.length === 0) throw errors.refuse('ERR_SIGNATURE_INVALID', 'invalid signature');
      return signers.map((key) => ({ ...key.members[0], identities: key.identities, key }));
    },
  };
}
