import { hash } from '@countersign/crypto';
import { decodePem, equalBytes } from '@countersign/encoding';
import { CountersignError } from '@countersign/errors';
import type { BundleClaims, LoggedClaims, LoggedSignature } from '@countersign/plugin-api';

/**
 * Binds what a logged entry vouches for to what a bundle says of it.
 *
 * @throws `ERR_ENTRY_MISMATCH` unless one signature, its key and the digest are the bundle's
 */
export function requireBinding(logged: LoggedClaims | undefined, { signature, verifier, digest }: BundleClaims): void {
  if (logged === undefined) throw mismatch('the log entry keeps no signature, so it vouches for none');
  const made = logged.signatures.filter((one) => isSignature(one, signature));
  if (made.length === 0) throw different('signature');
  if (!made.some(({ key }) => equalBytes(derOf(key), verifier))) throw different('key');
  const same = logged.digest.algorithm === digest.algorithm && equalBytes(logged.digest.value, digest.value);
  if (!same) throw different('digest');
}

function isSignature({ signature: logged }: LoggedSignature, signature: Uint8Array): boolean {
  return 'sha256' in logged ? equalBytes(logged.sha256, hash('sha256', signature)) : equalBytes(logged, signature);
}

/** A key as a bundle names it. Keys of other formats than PEM are what they are. */
function derOf(key: Uint8Array): Uint8Array {
  try {
    return decodePem(key)[0]?.der ?? key;
  } catch {
    return key;
  }
}

function different(part: 'signature' | 'key' | 'digest'): CountersignError {
  return mismatch(`the log entry's ${part} is not the one it was checked against`);
}

function mismatch(message: string): CountersignError {
  return new CountersignError('ERR_ENTRY_MISMATCH', message);
}
