import { createHash, createPublicKey, createVerify, type KeyObject, verify } from 'node:crypto';
import type { KeyPacket } from './key-packet.ts';
import { limits } from './limits.ts';
import { Problem } from './problem.ts';
import type { SignaturePacket } from './signature-packet.ts';

const keyObjects = new WeakMap<KeyPacket, KeyObject>();

/** The key as node:crypto has it. A key that only encrypts, or whose numbers make no key, is a `structural` problem. */
export function keyObjectOf(key: KeyPacket): KeyObject {
  const known = keyObjects.get(key);
  if (known !== undefined) return known;
  if (key.spki === undefined) throw new Problem('structural', 'public key cannot generate signatures');
  const made = importKey(key.spki);
  const bits = made.asymmetricKeyDetails?.modulusLength ?? limits.modulusBitsMin;
  if (bits < limits.modulusBitsMin || bits > limits.modulusBitsMax) {
    throw new Problem(
      'foreign',
      `a key of ${bits} bits; ${limits.modulusBitsMin} to ${limits.modulusBitsMax} are taken`,
    );
  }
  keyObjects.set(key, made);
  return made;
}

function importKey(spki: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch {
    throw new Problem('structural', 'invalid public key');
  }
}

/**
 * Whether `key` made `signature` over `data`. This is the mathematics alone: types, times and
 * revocations are the caller's. SHA-1 and curves that the host's verifier does not know occur in
 * the signatures that hold a key together, so this asks node:crypto for all of them.
 */
export function isSignedBy(key: KeyPacket, signature: SignaturePacket, ...data: readonly Uint8Array[]): boolean {
  if (key.algorithm !== signature.algorithm) return false;
  const keyObject = keyObjectOf(key);
  const value = signatureBytes(keyObject, signature.values);
  if (value === undefined) return false;
  const parts = [...data, signature.suffix];
  try {
    if (keyObject.asymmetricKeyType === 'ed25519' || keyObject.asymmetricKeyType === 'ed448') {
      const digest = createHash(signature.hash);
      for (const part of parts) digest.update(part);
      return verify(null, digest.digest(), keyObject, value);
    }
    const verifier = createVerify(signature.hash);
    for (const part of parts) verifier.update(part);
    return verifier.verify({ key: keyObject, dsaEncoding: 'ieee-p1363' }, value);
  } catch {
    // OpenSSL throws for numbers that are out of range instead of saying that they are not a signature.
    return false;
  }
}

/** The numbers as node:crypto wants them: each in its full size, since OpenPGP leaves zeros at the front away. */
function signatureBytes(key: KeyObject, values: readonly Uint8Array[]): Uint8Array | undefined {
  const [only] = values;
  if (values.length === 1 && key.asymmetricKeyType !== 'rsa') return only;
  const size = sizeOf(key);
  const padded = values.map((value) =>
    value.length > size ? undefined : Buffer.concat([Buffer.alloc(size - value.length), value]),
  );
  return padded.includes(undefined) ? undefined : Buffer.concat(padded as Buffer[]);
}

/** Bytes of each number of a signature. */
function sizeOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): number {
  const { modulusLength = 0, divisorLength = 0, namedCurve = '' } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === 'rsa') return Math.ceil(modulusLength / 8);
  if (asymmetricKeyType === 'dsa') return Math.ceil(divisorLength / 8);
  return Math.ceil(Number(/\d{3}/.exec(namedCurve)?.[0] ?? 256) / 8);
}

/** What an allow-list looks at: `rsa-4096`, `ecdsa-p256`, `ed25519`, `dsa-2048`, `ecdsa-brainpoolP256r1`. */
export function algorithmOf(key: KeyPacket): string {
  const { asymmetricKeyType = 'none', asymmetricKeyDetails } = keyObjectOf(key);
  const { modulusLength, namedCurve } = asymmetricKeyDetails ?? {};
  if (namedCurve !== undefined) return `ecdsa-${curveNames.get(namedCurve) ?? namedCurve}`;
  return modulusLength === undefined ? asymmetricKeyType : `${asymmetricKeyType}-${modulusLength}`;
}

const curveNames: ReadonlyMap<string, string> = new Map([
  ['prime256v1', 'p256'],
  ['secp384r1', 'p384'],
  ['secp521r1', 'p521'],
]);
