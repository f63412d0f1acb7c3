import { constants, createPublicKey, verify } from 'node:crypto';
import type { PluginApi, VerifyKey } from '@countersign/plugin-api';
import type { Sign1 } from './sign1.ts';

/** How each kind of key signs, by IANA's numbers (RFC 9053 §2.1, RFC 8230 §2). */
const algorithms = { ES256: -7n, PS256: -37n } as const;

/**
 * Verifies a message: ES256 with P-256, PS256 with RSA of at least 2048 bits. The protected header must name that
 * algorithm; it may name none where something beside the message is signed.
 *
 * @throws `ERR_ALGORITHM_NOT_ALLOWED` on another key; `ERR_SIGNATURE_INVALID`
 */
export function verifySign1({ errors }: PluginApi, message: Sign1, key: VerifyKey, aad: Uint8Array): void {
  const isRsa = key.algorithm.startsWith('rsa-');
  if (!(isRsa ? Number(key.algorithm.slice('rsa-'.length)) >= 2048 : key.algorithm === 'ecdsa-p256')) {
    throw errors.refuse('ERR_ALGORITHM_NOT_ALLOWED', `a ${key.algorithm} key signs no COSE message: P-256 and RSA do`);
  }
  const { algorithm, signature } = message;
  if (algorithm !== (isRsa ? algorithms.PS256 : algorithms.ES256) && !(algorithm === undefined && aad.length > 0)) {
    throw invalid('the algorithm it names is not that of the key');
  }
  // The host's own verification takes a salt of any length, and signatures in DER: COSE has neither.
  const options = isRsa
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : { dsaEncoding: 'ieee-p1363' as const };
  const publicKey = createPublicKey({ key: Buffer.from(key.spki), format: 'der', type: 'spki' });
  if (!verify('sha256', message.toBeSigned(aad), { key: publicKey, ...options }, signature)) {
    throw invalid('verification error');
  }

  function invalid(why: string): Error {
    return errors.refuse('ERR_SIGNATURE_INVALID', `invalid COSE message: ${why}`);
  }
}
