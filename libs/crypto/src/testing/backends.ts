import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Backend, DigestKeyMaterial, VerifyDigest } from '../backend.ts';
import { nativeBackend } from '../native-backend.ts';
import { pureBackend } from '../pure-backend.ts';
import { readSpki } from '../spki.ts';

/** Runs a suite against both backends; where the addon is not built its rows are counted as skipped. */
export function eachBackend(suite: (backend: Backend) => void): void {
  describe('pure backend', () => suite(pureBackend));
  (nativeBackend ? describe : describe.skip)('native backend', () => suite(nativeBackend ?? pureBackend));
}

/** A key's parts. */
export function materialOf(key: KeyObject): DigestKeyMaterial {
  const half = key.type === 'private' ? createPublicKey(key) : key;
  const material = readSpki(half.export({ format: 'der', type: 'spki' }));
  if (material.type === 'ed25519') throw new Error('no backend has Ed25519');
  return material;
}

/** A key made ready. */
export function loadKey(backend: Backend, key: KeyObject): VerifyDigest {
  const verify = backend.load(materialOf(key));
  if (!verify) throw new Error('the key does not load');
  return verify;
}
