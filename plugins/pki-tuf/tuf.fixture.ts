import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { JsonObject } from '@countersign/plugin-api';
import { olpcJson } from './olpc-json.ts';

/** A key as a root names it, and what it signs with. */
export interface Signer {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export function makeSigner(id: string, type: 'ed25519' | 'ec' | 'rsa' = 'ed25519'): Signer {
  if (type === 'ed25519') return { id, ...generateKeyPairSync(type) };
  if (type === 'ec') return { id, ...generateKeyPairSync(type, { namedCurve: 'P-256' }) };
  return { id, ...generateKeyPairSync(type, { modulusLength: 2048 }) };
}

export function keyOf({ publicKey }: Signer): JsonObject {
  if (publicKey.asymmetricKeyType === 'ed25519') {
    const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
    return { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: raw.toString('hex') } };
  }
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const keytype = publicKey.asymmetricKeyType === 'rsa' ? 'rsa' : 'ecdsa';
  return { keytype, scheme: keytype, keyval: { public: pem } };
}

/** A metadata file with one signature by each signer, under its own ID or another. */
export function signFile(signed: JsonObject, signers: readonly Signer[]): Buffer {
  const text = Buffer.from(olpcJson(signed, (why) => new Error(why)));
  const signatures = signers.map(({ id, privateKey }) => ({
    keyid: id,
    sig: signText(text, privateKey).toString('hex'),
  }));
  return Buffer.from(JSON.stringify({ signed, signatures }, undefined, 1));
}

function signText(text: Buffer, key: KeyObject): Buffer {
  if (key.asymmetricKeyType === 'ed25519') return sign(null, text, key);
  if (key.asymmetricKeyType === 'ec') return sign('sha256', text, key);
  // RSA_PKCS1_PSS_PADDING is 6.
  return sign('sha256', text, { key, padding: 6, saltLength: 32 });
}

/** The `signed` part of a root where every role has the same keys and threshold. */
export function rootBy(signers: readonly Signer[], threshold: number, changes: JsonObject = {}): JsonObject {
  const role = { keyids: signers.map(({ id }) => id), threshold };
  return {
    _type: 'root',
    spec_version: '1.0.31',
    version: 1,
    expires: '2030-01-01T00:00:00Z',
    consistent_snapshot: true,
    keys: Object.fromEntries(signers.map((signer) => [signer.id, keyOf(signer)])),
    roles: { root: role, targets: role, snapshot: role, timestamp: role },
    ...changes,
  };
}

export const targets = (changes: JsonObject = {}): JsonObject => ({
  _type: 'targets',
  spec_version: '1.0.31',
  version: 3,
  expires: '2030-01-01T00:00:00Z',
  targets: {},
  ...changes,
});
