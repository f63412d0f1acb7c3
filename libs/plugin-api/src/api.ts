import type { DerValue } from './der.ts';
import type { JsonValue } from './json.ts';
import type { HashAlgorithm, PkiFormat, Signed } from './pki.ts';

/** The codes a plugin may refuse with; `libs/errors` documents each. Whatever else it throws is a bug of the plugin. */
export const pluginErrorCodes = [
  'ERR_ALGORITHM_NOT_ALLOWED',
  'ERR_ENTRY_INVALID',
  'ERR_MALFORMED',
  'ERR_SIGNATURE_INVALID',
  'ERR_TOO_LARGE',
  'ERR_UNSUPPORTED',
] as const;

/** One of {@link pluginErrorCodes}. */
export type PluginErrorCode = (typeof pluginErrorCodes)[number];

/** A public key the host's cryptography can use. Opaque but for these fields. */
export interface VerifyKey {
  /** DER SubjectPublicKeyInfo (RFC 5280 §4.1.2.7). */
  readonly spki: Uint8Array;
  /** `ecdsa-p256`, `ecdsa-p384`, `ecdsa-p521`, `rsa-<bits>`, `ed25519`. */
  readonly algorithm: string;
}

/** A parsed X.509 certificate (RFC 5280). */
export interface Certificate {
  readonly der: Uint8Array;
  readonly key: VerifyKey;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly isCa: boolean;
  /** Subject alternative names in upstream's order: DNS, e-mail, IP, URI, otherName (UTF-8). */
  readonly subjectAltNames: readonly string[];
  /** `emailAddress` attributes of the subject's distinguished name. */
  readonly subjectEmails: readonly string[];
}

/** What the host hands to a plugin's factory. Frozen. */
export interface PluginApi {
  readonly errors: {
    /** Makes the error to throw: `throw api.errors.refuse('ERR_MALFORMED', 'malformed key')`. */
    refuse(code: PluginErrorCode, message: string, cause?: unknown): Error;
  };
  readonly encoding: {
    /** Strict base64 (RFC 4648 §4, padded). Throws `ERR_MALFORMED`. */
    fromBase64(text: string): Uint8Array;
    toBase64(bytes: Uint8Array): string;
    /** Hex of either case. Throws `ERR_MALFORMED`. */
    fromHex(text: string): Uint8Array;
    /** Lower-case hex. */
    toHex(bytes: Uint8Array): string;
    /** Every PEM block (RFC 7468), in order. Throws `ERR_MALFORMED` on anything but blocks and space. */
    decodePem(text: string | Uint8Array): readonly { readonly label: string; readonly der: Uint8Array }[];
    /** One PEM block: 64 columns, trailing newline. */
    encodePem(label: string, der: Uint8Array): string;
    /** RFC 8785 canonical JSON, UTF-8. Throws `ERR_MALFORMED`, also on nesting deeper than 64. */
    canonicalJson(value: JsonValue): Uint8Array;
    /** Exactly one DER value (X.690 §10): strict, its nesting and members limited. Throws `ERR_MALFORMED` or `ERR_TOO_LARGE`. */
    readDer(bytes: Uint8Array): DerValue;
  };
  readonly crypto: {
    hash(algorithm: 'sha1' | HashAlgorithm, data: Uint8Array): Uint8Array;
    /** A key from DER SubjectPublicKeyInfo. Throws `ERR_MALFORMED` or `ERR_UNSUPPORTED`. */
    parseSpki(der: Uint8Array): VerifyKey;
    /** A certificate from DER. Throws `ERR_MALFORMED`. */
    parseCertificate(der: Uint8Array): Certificate;
    /**
     * Verifies a chain, leaf first and root last, at `at`: signatures, validity and CA flags;
     * any extended key usage. Throws `ERR_SIGNATURE_INVALID`.
     */
    verifyChain(chain: readonly Certificate[], at: Date): void;
    /**
     * The shortest chain from a certificate to one of `roots` that holds at `at`, leaf first; `others` may stand between.
     * A root is a chain itself. Throws `ERR_SIGNATURE_INVALID` when there is none, `ERR_TOO_LARGE` on over 100 of them.
     */
    findChain(
      leaf: Certificate,
      others: readonly Certificate[],
      roots: readonly Certificate[],
      at: Date,
    ): readonly Certificate[];
    /**
     * Verifies one signature: ECDSA (DER), RSA PKCS#1 v1.5 or PSS (a salt of any length), Ed25519 over
     * a message, Ed25519ph over a SHA-512 digest. `hash` for a message defaults to SHA-256 (Ed25519: none).
     *
     * @throws `ERR_UNSUPPORTED` on an RSA padding for a key that is not RSA
     */
    verify(
      key: VerifyKey,
      signed: Signed & { readonly hash?: HashAlgorithm },
      signature: Uint8Array,
      options?: { readonly scheme?: 'pkcs1' | 'pss' },
    ): boolean;
  };
  readonly pki: {
    /** A loaded PKI format. Throws `ERR_UNSUPPORTED`, naming the formats there are. */
    get(id: string): PkiFormat;
    /** Ids of all loaded formats, sorted. Complete only once every plugin is loaded: call it while admitting. */
    ids(): readonly string[];
  };
}

/** The default export of a plugin's `entry` file. */
export type PluginFactory<T> = (api: PluginApi) => T | Promise<T>;
