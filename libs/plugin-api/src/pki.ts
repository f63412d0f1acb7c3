/** The hash functions a signature may cover. Names as Rekor's schemas spell them. */
export type HashAlgorithm = 'sha256' | 'sha384' | 'sha512';

/** What was signed: the bytes themselves, or only their digest (`hashedrekord` carries no more). */
export type Signed = { readonly message: Uint8Array } | { readonly digest: Uint8Array; readonly hash: HashAlgorithm };

/** One public key, as an allow-list looks at it. */
export interface PkiMember {
  /** The format's own fingerprint, as its tools print it. */
  readonly fingerprint: string;
  /** Such as `ecdsa-p256` or `rsa-4096`. */
  readonly algorithm: string;
  /** DER of the key's X.509 certificate, and after it those that came along. Whether they hold is not said. */
  readonly certificates?: readonly Uint8Array[];
}

/** One parsed public key, certificate chain or keyring of a PKI format. */
export interface PkiKey {
  /** The canonical bytes that go into the log; they decide the entry's UUID. */
  readonly canonical: Uint8Array;
  /** Names the key claims: e-mail addresses, DNS names, URIs. Empty for a bare key. */
  readonly identities: readonly string[];
  /** The keys held that may have signed; the first is the one the whole is named after. */
  readonly members: readonly [PkiMember, ...PkiMember[]];
}

/** One parsed signature file; it may hold several signatures. */
export interface PkiSignature {
  /** The canonical bytes that go into the log. */
  readonly canonical: Uint8Array;
  /** The signed text where the format carries it (clearsigned, attached); verify against this and nothing else. */
  readonly message?: Uint8Array;
}

/** Who made a valid signature, as an admission policy looks at it. */
export interface Verifier extends PkiMember {
  /** The names this key claims; of a file with several keys not those of the others. */
  readonly identities: readonly string[];
  /** The hash that was signed, where the entry says. */
  readonly hash?: HashAlgorithm;
}

/** A key that made a valid signature. */
export interface PkiSigner extends Verifier {
  /** Which of the keys given holds it, or stands for it: a root that certified it. */
  readonly key: PkiKey;
}

/** What {@link PkiFormat.verify} checks. */
export interface PkiVerification {
  readonly signed: Signed;
  readonly signature: PkiSignature;
  /** Keys to try. */
  readonly keys: readonly PkiKey[];
  /** The time the signature is taken to be made, when the format itself names none. */
  readonly at?: Date;
}

/**
 * A PKI format: how keys and signatures of one kind are read, checked and written.
 *
 * Every method refuses with `ERR_MALFORMED`, `ERR_UNSUPPORTED`, `ERR_TOO_LARGE` or
 * `ERR_SIGNATURE_INVALID`; none fetches anything.
 */
export interface PkiFormat {
  parseKey(bytes: Uint8Array): Promise<PkiKey>;
  parseSignature(bytes: Uint8Array): Promise<PkiSignature>;
  /**
   * Returns whoever made a valid signature, each once: the key that did, not all that came in its file. Rejects with
   * `ERR_SIGNATURE_INVALID` when any signature held by `signature` was made by none of the keys given,
   * or when there is no signature: nothing is never verified.
   */
  verify(verification: PkiVerification): Promise<readonly PkiSigner[]>;
}
