import type { JsonObject } from './json.ts';
import type { HashAlgorithm, Verifier } from './pki.ts';

/** What a client has in hand when it proposes an entry. */
export interface Artifact {
  /** The artifact, when it is at hand. */
  readonly content?: Uint8Array;
  /** Its digest, when that is all there is. */
  readonly digest?: { readonly algorithm: HashAlgorithm; readonly value: Uint8Array };
  readonly signature?: Uint8Array;
  /** One file each, as read. */
  readonly publicKeys: readonly Uint8Array[];
}

/** What of an {@link Artifact} a type takes, as its manifest says. */
export interface TakenArtifact extends Artifact {
  /** Empty when the client has only the digest. */
  readonly content: Uint8Array;
  /** Empty when it is enclosed. */
  readonly signature: Uint8Array;
  /** The first of `publicKeys`; empty when it is enclosed. */
  readonly publicKey: Uint8Array;
}

/** Choices of the client that are not part of the artifact. */
export interface ProposeOptions {
  /** A loaded PKI format's id, such as `x509`. */
  readonly pkiFormat: string;
  /** Additional authenticated data (COSE). */
  readonly aad?: Uint8Array;
}

/** What a decision may depend on beside the entry itself. */
export interface EntryContext {
  /** The host's time: what has expired by then is refused by the types that promise so. */
  readonly now: Date;
}

/** What an entry shows of itself in a list: text for people, cut by the host at {@link displayLimits}. */
export interface EntryDisplay {
  /** What it is, beside its kind: `hello 1.2-3.noarch` for an RPM. */
  readonly title: string;
  /** Who signed, as far as the key says. */
  readonly subject?: string;
  /** Of what was signed: `sha256:<hex>`. */
  readonly digest?: string;
}

/** A verified entry in canonical form. */
export interface AdmittedEntry {
  /** The canonical spec. The host adds `apiVersion` and `kind` and writes RFC 8785 JSON: that is the leaf. */
  readonly spec: JsonObject;
  /** What the search index finds the entry by, in upstream's spelling (`sha256:<hex>`, an e-mail, a key hash). */
  readonly indexKeys: readonly string[];
  /** Who signed, and nobody else: admission policies look at these. */
  readonly verifiers: readonly Verifier[];
  /**
   * What was signed, to be kept beside the entry where the operator wants that: readable, and no part of the leaf, which
   * holds its digest. Any size: the host has a limit, and logs the entry without what is larger.
   */
  readonly attestation?: Uint8Array;
}

/** What a bundle says of its log entry. */
export interface BundleClaims {
  /** The raw signature. */
  readonly signature: Uint8Array;
  /** DER SubjectPublicKeyInfo, or a DER certificate. */
  readonly verifier: Uint8Array;
  readonly digest: { readonly algorithm: HashAlgorithm; readonly value: Uint8Array };
}

/** What a logged entry vouches for. A bundle is bound to it by one of the signatures with its key, and the digest. */
export interface LoggedClaims {
  readonly signatures: readonly LoggedSignature[];
  /** Of what was signed. */
  readonly digest: { readonly algorithm: HashAlgorithm; readonly value: Uint8Array };
}

/** One signature that the log has verified. */
export interface LoggedSignature {
  /** The raw signature, or the SHA-256 of it where the log keeps no more. */
  readonly signature: Uint8Array | { readonly sha256: Uint8Array };
  /** The key that made it: canonical bytes, of which a bundle names the first PEM block by its DER. */
  readonly key: Uint8Array;
}

/**
 * An entry type: one kind in one version.
 *
 * The host has parsed the proposal, checked it against the plugin's schema, capped its
 * size and frozen it before any method runs, and owns the time and memory limits.
 */
export interface EntryType {
  /**
   * Makes the `spec` a client uploads. The host has refused every artifact that lacks a part, or has one too many, by
   * what the manifest `takes`. Refuses with `ERR_ENTRY_INVALID` what cannot become an entry.
   */
  propose(artifact: TakenArtifact, options: ProposeOptions, context: EntryContext): Promise<JsonObject>;
  /**
   * Parses the proposed spec once, verifies everything the type promises, and returns the
   * canonical entry. Admitting the canonical spec again gives the same bytes wherever the
   * type stores all it verified.
   */
  admit(spec: JsonObject, context: EntryContext): Promise<AdmittedEntry>;
  /**
   * What a logged canonical spec vouches for; `undefined` when it keeps no signature, and so vouches for none. The host
   * compares it with a bundle's.
   */
  claims(spec: JsonObject): Promise<LoggedClaims | undefined>;
  /**
   * What the search index finds a logged canonical spec by, where an entry comes from a log that keeps its index
   * to itself. Those of {@link AdmittedEntry.indexKeys} that the spec tells, and no others; nothing is verified. A type
   * without it has entries that are found by index and UUID alone.
   */
  indexKeys?(spec: JsonObject): Promise<readonly string[]>;
  /**
   * What a logged canonical spec shows of itself in a list. Nothing is verified, and lists are long: what takes time is
   * left out. A type without it is shown by its kind.
   */
  display?(spec: JsonObject): Promise<EntryDisplay>;
}
