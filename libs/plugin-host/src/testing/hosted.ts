import { readFileSync } from 'node:fs';
import type {
  Artifact,
  BundleClaims,
  EntryContext,
  EntryType,
  JsonObject,
  PluginManifest,
  ProposeOptions,
} from '@countersign/plugin-api';
import { requireBinding } from '../binding.ts';
import { takeArtifact } from '../taken.ts';

/** What the host does around an entry type's own code. */
export interface HostedEntryType {
  /** As a client calls it. Rejects with what the host or the type refuses with. */
  propose(artifact: Artifact, options: ProposeOptions, context: EntryContext): Promise<JsonObject>;
  /** Binds a logged spec to a bundle. Rejects with `ERR_ENTRY_MISMATCH`. */
  matches(spec: JsonObject, claims: BundleClaims): Promise<void>;
}

/** Puts an entry type behind what the host checks for it, by the manifest in its folder. */
export function hosted(folder: URL, kind: string, type: EntryType, version = '0.0.1'): HostedEntryType {
  const manifest: PluginManifest = JSON.parse(readFileSync(new URL('plugin.json', folder), 'utf8'));
  const provision = manifest.provides.find((one) => one.id === kind && one.version === version);
  if (provision?.type !== 'entry') throw new Error(`plugin.json provides no entry type ${kind} ${version}`);
  return {
    propose: async (artifact, options, context) =>
      type.propose(takeArtifact(kind, provision.takes, artifact, options), options, context),
    matches: async (spec, claims) => requireBinding(await type.claims(spec), claims),
  };
}
