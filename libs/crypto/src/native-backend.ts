import { fileURLToPath } from 'node:url';
import type { Backend, BackendScheme, DigestKeyMaterial, VerifyDigest } from './backend.ts';

/** What `native/verify.c` exports. */
interface Addon {
  loadEcKey(group: string, point: Uint8Array): object | undefined;
  loadRsaKey(modulus: Uint8Array, exponent: Uint8Array): object | undefined;
  verifyDigest(key: object, mode: number, digest: Uint8Array, signature: Uint8Array): boolean;
}

const modes = { ecdsa: 0, pkcs1: 1, pss: 2 } as const satisfies Record<BackendScheme, number>;

/** OpenSSL inside the running node, or `undefined` where the addon was not built or is switched off. */
export const nativeBackend: Backend | undefined = process.env.COUNTERSIGN_NO_NATIVE === '1' ? undefined : open();

function open(): Backend | undefined {
  const addon = load();
  return addon && { name: 'native', load: (key) => loadKey(addon, key) };
}

function loadKey(addon: Addon, key: DigestKeyMaterial): VerifyDigest | undefined {
  if (key.type === 'ec') {
    const loaded = addon.loadEcKey(key.curve.openssl, key.point);
    return (
      loaded && ((scheme, _hash, digest, signature) => addon.verifyDigest(loaded, modes[scheme], digest, signature))
    );
  }
  const loaded = addon.loadRsaKey(key.modulus, key.exponent);
  const { length } = key.modulus;
  return (
    loaded &&
    ((scheme, _hash, digest, signature) =>
      // For PSS, OpenSSL takes a signature that lost its leading zeros; RFC 8017 §8.1.2 does not.
      signature.length === length && addon.verifyDigest(loaded, modes[scheme], digest, signature))
  );
}

function load(): Addon | undefined {
  // native/build.mjs writes this name. The number changes with Node's binary interface, and OpenSSL's with it.
  const name = `verify-${process.platform}-${process.arch}-${process.versions.modules}.node`;
  const module = { exports: {} };
  try {
    process.dlopen(module, fileURLToPath(new URL(`../native/build/${name}`, import.meta.url)));
  } catch {
    return undefined; // Not built: the caller reports which backend runs.
  }
  return module.exports as Addon;
}
