import type { PkiFormat, PluginApi, VerifyKey } from '@countersign/plugin-api';
import { limits } from './limits.ts';

/** SubjectPublicKeyInfo of an Ed25519 key up to its 32 bytes (RFC 8410 §4). */
const ed25519Spki = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * One Ed25519 key, one signature, each a line of text:
 *
 *     ed25519-key <base64 of 32 bytes>
 *     ed25519-signature <base64 of 64 bytes>
 */
export default function format(api: PluginApi): PkiFormat {
  const { crypto, encoding, errors } = api;

  /** The bytes a line holds. A file has one spelling, but for the line end, which may be missing. */
  function readLine(file: Uint8Array, what: 'key' | 'signature', size: number): Uint8Array {
    if (file.length > limits.fileBytes) {
      throw errors.refuse('ERR_TOO_LARGE', `${what} is over ${limits.fileBytes} bytes`);
    }
    const [, base64] = new RegExp(`^ed25519-${what} (\\S+)\n?$`).exec(Buffer.from(file).toString('latin1')) ?? [];
    if (base64 === undefined) throw errors.refuse('ERR_MALFORMED', `malformed ${what}`);
    const bytes = encoding.fromBase64(base64);
    if (bytes.length !== size) throw errors.refuse('ERR_MALFORMED', `malformed ${what}: ${bytes.length} bytes`);
    return bytes;
  }

  function writeLine(what: 'key' | 'signature', bytes: Uint8Array): Uint8Array {
    return Buffer.from(`ed25519-${what} ${encoding.toBase64(bytes)}\n`);
  }

  function verifyKeyOf(bytes: Uint8Array): VerifyKey {
    return crypto.parseSpki(Buffer.concat([ed25519Spki, bytes]));
  }

  return {
    async parseKey(file) {
      const bytes = readLine(file, 'key', 32);
      const { spki, algorithm } = verifyKeyOf(bytes);
      return {
        canonical: writeLine('key', bytes),
        identities: [],
        members: [{ fingerprint: encoding.toHex(crypto.hash('sha256', spki)), algorithm }],
      };
    },

    async parseSignature(file) {
      return { canonical: writeLine('signature', readLine(file, 'signature', 64)) };
    },

    async verify({ signed, signature, keys }) {
      if (!('message' in signed)) {
        throw errors.refuse('ERR_UNSUPPORTED', `Ed25519 signs the artifact, not its ${signed.hash}`);
      }
      const bytes = readLine(signature.canonical, 'signature', 64);
      const signers = keys.filter(({ canonical }) =>
        crypto.verify(verifyKeyOf(readLine(canonical, 'key', 32)), signed, bytes),
      );
      if (signers.length === 0) throw errors.refuse('ERR_SIGNATURE_INVALID', 'invalid signature');
      return signers.map((key) => ({ ...key.members[0], identities: key.identities, key }));
    },
  };
}
