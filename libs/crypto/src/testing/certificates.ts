import * as crypto from 'node:crypto';
import { contextTag, der, utf8Encode } from '@countersign/encoding';
import { type Certificate, parseCertificate } from '../certificate.ts';

/** The instant at which the certificates made here are valid. */
export const now = new Date('2026-06-01T12:00:00Z');

/** AlgorithmIdentifiers of signatures. */
export const signedWith = {
  ecdsaSha1: der.sequence(der.oid('1.2.840.10045.4.1')),
  ecdsaSha256: der.sequence(der.oid('1.2.840.10045.4.3.2')),
  ecdsaSha384: der.sequence(der.oid('1.2.840.10045.4.3.3')),
  ecdsaSha256Null: der.sequence(der.oid('1.2.840.10045.4.3.2'), der.null()),
  rsaSha1: der.sequence(der.oid('1.2.840.113549.1.1.5'), der.null()),
  rsaSha256: der.sequence(der.oid('1.2.840.113549.1.1.11'), der.null()),
  rsaSha512: der.sequence(der.oid('1.2.840.113549.1.1.13'), der.null()),
  ed25519: der.sequence(der.oid('1.3.101.112')),
};

/** A distinguished name of one common name and any e-mail addresses. */
export function nameOf(commonName: string, ...emails: readonly string[]): Uint8Array {
  const attribute = (oid: string, value: Uint8Array) => der.set(der.sequence(der.oid(oid), value));
  return der.sequence(
    attribute('2.5.4.3', der.value(0x0c, utf8Encode(commonName))),
    ...emails.map((email) => attribute('1.2.840.113549.1.9.1', der.value(0x16, utf8Encode(email)))),
  );
}

/** One extension. */
export function extension(oid: string, value: Uint8Array, critical = false): Uint8Array {
  return der.sequence(der.oid(oid), ...(critical ? [der.boolean(true)] : []), der.octetString(value));
}

/** basicConstraints of an authority, keyUsage keyCertSign. */
export function authority(pathLength?: number): Uint8Array[] {
  const length = pathLength === undefined ? [] : [der.integer(pathLength)];
  return [
    extension('2.5.29.19', der.sequence(der.boolean(true), ...length), true),
    extension('2.5.29.15', der.bitString(Uint8Array.of(0x04), 2), true),
  ];
}

/** A subjectAltName extension of GeneralNames. */
export function altNames(...names: readonly Uint8Array[]): Uint8Array {
  return extension('2.5.29.17', der.sequence(...names));
}

/** GeneralNames, by kind. */
export const altName = {
  email: (text: string) => der.contextPrimitive(1, utf8Encode(text)),
  dns: (text: string) => der.contextPrimitive(2, utf8Encode(text)),
  uri: (text: string) => der.contextPrimitive(6, utf8Encode(text)),
  ip: (...octets: readonly number[]) => der.contextPrimitive(7, Uint8Array.from(octets)),
  other: (oid: string, value: Uint8Array) => der.context(0, der.oid(oid), der.context(0, value)),
  directory: (name: Uint8Array) => der.value(contextTag(4), name),
};

/** What a certificate is made of; everything has a default that is right. */
export interface Recipe {
  readonly version?: readonly Uint8Array[];
  readonly serial?: Uint8Array;
  readonly subject?: Uint8Array;
  readonly issuer?: Uint8Array;
  readonly validity?: readonly Uint8Array[];
  readonly spki?: Uint8Array;
  readonly extensions?: readonly Uint8Array[];
  /** Everything after the key, instead of `extensions`. */
  readonly tail?: readonly Uint8Array[];
  readonly algorithm?: Uint8Array;
  /** The algorithm outside of what is signed, when it is another. */
  readonly outerAlgorithm?: Uint8Array;
  readonly hash?: string | null;
  readonly key?: crypto.KeyObject;
  readonly signingKey?: crypto.KeyObject;
}

/** A new P-256 key. */
export const newKey = () => crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const defaultKey = newKey();

/** DER of a certificate made to a recipe: self-signed with P-256 unless it says otherwise. */
export function makeDer(recipe: Recipe = {}): Uint8Array {
  const key = recipe.key ?? defaultKey;
  const subject = recipe.subject ?? nameOf('leaf');
  const algorithm = recipe.algorithm ?? signedWith.ecdsaSha256;
  const spki = crypto.createPublicKey(key).export({ format: 'der', type: 'spki' });
  const extensions = recipe.extensions ?? [];
  const tbs = der.sequence(
    ...(recipe.version ?? [der.context(0, der.integer(2))]),
    recipe.serial ?? der.integer(1),
    algorithm,
    recipe.issuer ?? subject,
    der.sequence(...(recipe.validity ?? [der.time(new Date('2026-01-01')), der.time(new Date('2027-01-01'))])),
    subject,
    recipe.spki ?? spki,
    ...(recipe.tail ?? (extensions.length === 0 ? [] : [der.context(3, der.sequence(...extensions))])),
  );
  const hash = recipe.hash === undefined ? 'sha256' : recipe.hash;
  const signature = crypto.sign(hash, tbs, recipe.signingKey ?? key);
  return der.sequence(tbs, recipe.outerAlgorithm ?? algorithm, der.bitString(signature));
}

/** A certificate made to a recipe, parsed. */
export function make(recipe: Recipe = {}): Certificate {
  return parseCertificate(makeDer(recipe));
}
