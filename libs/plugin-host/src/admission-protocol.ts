import type { AdmissionRequest } from '@countersign/plugin-api';
import type { Packed } from './packed.ts';
import type { CanonicalEntry, ShownEntry } from './plugin-host.ts';
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

/** What one part is, and so what is done with it. */
export type Task =
  /** A proposal, to be admitted; policies are asked where there is a request. */
  | { readonly is: 'proposal'; readonly request: AdmissionRequest | undefined }
  /** A key, to be made canonical. */
  | { readonly is: 'key'; readonly format: string }
  /** A logged body, to be shown. */
  | { readonly is: 'body' };

/** One message: jobs to do. */
export interface Batch extends Packed {
  /** One for each part. */
  readonly tasks: readonly Task[];
}

/** What became of one job; the body of an entry, or a canonical key, travels in {@link BatchResult.bodies}. */
export type Outcome =
  | { readonly entry: Omit<CanonicalEntry, 'body'>; readonly ruling?: Ruling }
  | { readonly shown: ShownEntry }
  | { readonly keyed: true }
  | { readonly error: WireError };

/** The answer to one {@link Batch}. */
export interface BatchResult {
  /** One for each proposal, in order. */
  readonly outcomes: readonly Outcome[];
  /** One for each outcome, empty for an error. */
  readonly bodies: Packed;
}
