import type { AdmissionRequest } from '@countersign/plugin-api';
import type { Packed } from './packed.ts';
import type { CanonicalEntry } from './plugin-host.ts';
import type { AdmissionSettings } from './policies.ts';
import type { Ruling } from './ruling.ts';
import type { WireError } from './wire-error.ts';

/** What a worker is started with. */
export interface WorkerSettings {
  /** Plugin folders, as `PluginHost.plugins` names them. */
  readonly folders: readonly string[];
  /** What the main thread has loaded: the worker loads exactly the same or nothing. */
  readonly digests: Readonly<Record<string, string>>;
  /** What is taken; everything when absent. */
  readonly admission?: AdmissionSettings;
  /** Whether attestations are kept: they travel only then. */
  readonly attestations: boolean;
}

/** One message: jobs to do. */
export interface Batch extends Packed {
  /** For each part: the PKI format of the key it is; none for a proposal. */
  readonly formats: readonly (string | undefined)[];
  /** For each part: the request it came with; none when policies are not asked. */
  readonly requests: readonly (AdmissionRequest | undefined)[];
}

/** What became of one job; the body of an entry, or a canonical key, travels in {@link BatchResult.bodies}. */
export type Outcome =
  | { readonly entry: Omit<CanonicalEntry, 'body'>; readonly ruling?: Ruling }
  | { readonly entry: undefined }
  | { readonly error: WireError };

/** The answer to one {@link Batch}. */
export interface BatchResult {
  /** One for each proposal, in order. */
  readonly outcomes: readonly Outcome[];
  /** One for each outcome, empty for an error. */
  readonly bodies: Packed;
}
