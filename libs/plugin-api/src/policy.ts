import type { AdmittedEntry } from './entry.ts';
import type { JsonObject } from './json.ts';

/** Who asks for an upload, as the node has found out. */
export type Requester =
  | {
      readonly type: 'token';
      /** What the configuration calls the token. */
      readonly name: string;
    }
  | {
      /** An identity token (OpenID Connect Core 1.0 §2), verified. */
      readonly type: 'oidc';
      readonly issuer: string;
      readonly subject: string;
      readonly email?: string;
      /** Whether the issuer says that it has verified the address. */
      readonly emailVerified?: boolean;
    };

/** What is known of a request beside the entry. */
export interface AdmissionRequest {
  /** Absent when nobody is known. */
  readonly requester?: Requester;
  /** Why a token that came along counts for nothing, in words for whoever sent it. */
  readonly unauthenticated?: string;
}

/** An entry as a policy looks at it: verified and in canonical form. Frozen. */
export interface AdmissionEntry extends Pick<AdmittedEntry, 'spec' | 'indexKeys' | 'verifiers'> {
  readonly kind: string;
  readonly apiVersion: string;
}

/** What a policy decides over. */
export interface AdmissionInput {
  readonly entry: AdmissionEntry;
  /** The length of the upload: the JSON text, before it was made canonical. */
  readonly bytes: number;
  readonly request: AdmissionRequest;
  /** The host's time. */
  readonly now: Date;
}

/** What a policy says of an upload. */
export interface Verdict {
  /** `abstain`: this upload is no concern of the policy. One that concerns no policy is denied. */
  readonly decision: 'allow' | 'deny' | 'abstain';
  /** In words for whoever uploads: it is part of the answer. */
  readonly reason: string;
}

/** A policy with its settings. Whatever it throws, or returns that is no {@link Verdict}, denies. */
export type AdmissionCheck = (input: AdmissionInput) => Verdict | Promise<Verdict>;

/** What there is beside the settings when they are prepared. */
export interface PolicyContext {
  /** Every entry type that is loaded. */
  readonly entryTypes: readonly { readonly kind: string; readonly apiVersion: string }[];
}

/**
 * An admission policy: it says whether an upload may enter the log. It is asked after the entry has been verified, never
 * instead, and can only take away.
 */
export interface AdmissionPolicy {
  /**
   * Reads the settings once; the host has checked them against the plugin's schema. Whatever this throws stops the
   * start, or leaves the settings of before in force at a reload: refuse what cannot work.
   */
  prepare(settings: JsonObject, context: PolicyContext): Promise<AdmissionCheck>;
}
