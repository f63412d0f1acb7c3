import type { Packed } from './packed.ts';
import type { CanonicalEntry } from './plugin-host.ts';
import type { WireError } from './wire-error.ts';

/** What a worker is started with. */
export interface WorkerSettings {
  /** Plugin folders, as `PluginHost.folders` gives them. */
  readonly folders: readonly string[];
  /** What the main thread has loaded: the worker loads exactly the same or nothing. */
  readonly digests: Readonly<Record<string, string>>;
}

/** What became of one proposal; the body of an entry travels in {@link BatchResult.bodies}. */
export type Outcome = { readonly entry: Omit<CanonicalEntry, 'body'> } | { readonly error: WireError };

/** The answer to one message; a message is {@link Packed} proposals. */
export interface BatchResult {
  /** One for each proposal, in order. */
  readonly outcomes: readonly Outcome[];
  /** One for each outcome, empty for an error. */
  readonly bodies: Packed;
}
