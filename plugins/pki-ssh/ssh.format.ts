import type { PkiFormat, PkiKey, PkiVerification, PluginApi } from '@countersign/plugin-api';
import { readAuthorizedKey } from './authorized-key.ts';
import { isEmail } from './email.ts';
import { limits } from './limits.ts';
import { readSshSig, signedData, sshSigHash, writeSshSig } from './sshsig.ts';
import { verifies } from './verify.ts';

/** SSH: a line of `authorized_keys`, and what `ssh-keygen -Y sign -n file` writes. */
export default function ssh(api: PluginApi): PkiFormat {
  const { crypto, encoding, errors } = api;

  function digestOf({ signed }: PkiVerification): Uint8Array {
    if ('message' in signed) return crypto.hash(sshSigHash, signed.message);
    if (signed.hash === sshSigHash) return signed.digest;
    throw errors.refuse('ERR_UNSUPPORTED', `ssh verifies the artifact or its ${sshSigHash}, not its ${signed.hash}`);
  }

  return {
    async parseKey(bytes): Promise<PkiKey> {
      if (bytes.length > limits.keyBytes) {
        throw errors.refuse('ERR_TOO_LARGE', `ssh public key is over ${limits.keyBytes} bytes`);
      }
      const { key, comment } = readAuthorizedKey(api, bytes);
      const fingerprint = encoding.toBase64(crypto.hash('sha256', key.blob)).replace('=', '');
      return {
        canonical: Buffer.from(`${key.type} ${encoding.toBase64(key.blob)}\n`),
        identities: isEmail(comment) ? [comment] : [],
        members: [{ fingerprint: `SHA256:${fingerprint}`, algorithm: key.verifyKey.algorithm }],
      };
    },

    async parseSignature(bytes) {
      if (bytes.length > limits.signatureBytes) {
        throw errors.refuse('ERR_TOO_LARGE', `ssh signature is over ${limits.signatureBytes} bytes`);
      }
      return { canonical: writeSshSig(api, readSshSig(api, bytes)) };
    },

    async verify(verification) {
      const sshSig = readSshSig(api, verification.signature.canonical);
      const data = signedData(digestOf(verification));
      const signers = verification.keys.filter(({ canonical }) => {
        const { key } = readAuthorizedKey(api, canonical);
        // Nothing signs the key inside: unless it is the one that verifies, anybody could put another there.
        return key.blob.equals(sshSig.key.blob) && verifies(api, key, sshSig, data);
      });
      if (signers.length === 0) throw errors.refuse('ERR_SIGNATURE_INVALID', 'invalid signature');
      return signers.map((key) => ({ ...key.members[0], identities: key.identities, key }));
    },
  };
}
