import { clientLimits, isAddress } from '@countersign/client';
import { hash } from '@countersign/crypto';
import { equalBytes, fromBase64, fromHex, type JsonObject } from '@countersign/encoding';
import { hasCode } from '@countersign/errors';
import type { PluginHost } from '@countersign/plugin-host';
import { readEntry } from './entry-file.ts';
import type { ArtifactOptions } from './options.ts';
import { loadPlugins } from './plugins.ts';
import type { LogSession } from './session.ts';
import { usage } from './usage.ts';

/** A proposed entry, and what it will be in the log. */
export interface Proposal {
  readonly proposal: JsonObject;
  /** The canonical entry as this side computes it; `undefined` when no plugin here knows the kind. */
  readonly canonical: Uint8Array | undefined;
}

/** Throws `ERR_CONFIG_INVALID` unless the options say what the entry is about, in one way. */
export function checkArtifactOptions(options: ArtifactOptions): void {
  const { entry, artifact, artifactHash, signature, publicKey = [] } = options;
  if (entry === undefined && artifact === undefined && artifactHash === undefined) {
    throw usage("either 'entry' or 'artifact' or 'artifact-hash' must be specified");
  }
  if (entry !== undefined && (artifact ?? artifactHash ?? signature ?? publicKey[0]) !== undefined) {
    throw usage("'entry' is a whole entry: it takes no artifact, signature or key beside it");
  }
  const piped = [entry, artifact, signature, ...publicKey].filter((source) => source === '-');
  if (piped.length > 1) throw usage('only one thing can be read from standard input');
}

/**
 * Makes the entry the options describe, and admits it here as the log will: what does not hold
 * together is refused before anything is sent.
 */
export async function makeProposal(options: ArtifactOptions, log: LogSession): Promise<Proposal> {
  const host = await loadPlugins(options.pluginFolder);
  const proposal =
    options.entry === undefined
      ? await propose(host, options, log)
      : await readEntry(await log.load(options.entry, 'entry', clientLimits.entryBytes));
  try {
    return { proposal, canonical: (await host.admit(proposal)).body };
  } catch (error) {
    const unknown = hasCode(error, 'ERR_ENTRY_KIND_UNKNOWN', 'ERR_ENTRY_VERSION_UNKNOWN');
    if (options.entry !== undefined && unknown) return { proposal, canonical: undefined };
    throw error;
  }
}

async function propose(host: PluginHost, options: ArtifactOptions, log: LogSession): Promise<JsonObject> {
  const [kind = '', version] = options.type.split(':', 2);
  const content =
    options.artifact === undefined
      ? undefined
      : await log.load(options.artifact, 'artifact', clientLimits.artifactBytes);
  const signature =
    options.signature === undefined
      ? undefined
      : await log.load(options.signature, 'signature', clientLimits.signatureBytes);
  const publicKeys: Uint8Array[] = [];
  for (const source of options.publicKey ?? []) {
    publicKeys.push(await log.load(source, 'public key', clientLimits.publicKeyBytes));
  }
  const digest = options.artifactHash === undefined ? undefined : parseDigest(options.artifactHash);
  if (digest !== undefined && content !== undefined && !equalBytes(hash(digest.algorithm, content), digest.value)) {
    throw usage(`the artifact ${describe(options.artifact)} has not the hash given with --artifact-hash`);
  }
  return host.propose(
    kind,
    version,
    {
      publicKeys,
      ...(content === undefined ? {} : { content }),
      ...(signature === undefined ? {} : { signature }),
      ...(digest === undefined ? {} : { digest }),
    },
    { pkiFormat: options.pkiFormat, ...(options.aad === undefined ? {} : { aad: fromBase64(options.aad) }) },
  );
}

function describe(source: string | undefined): string {
  if (source === '-') return 'on standard input';
  return source !== undefined && isAddress(source) ? `at ${source}` : String(source);
}

/** Reads `[algorithm:]hex`; the length tells the algorithm. */
function parseDigest(text: string): { readonly algorithm: 'sha256' | 'sha384' | 'sha512'; readonly value: Uint8Array } {
  const value = fromHex(text.slice(text.indexOf(':') + 1));
  return { algorithm: value.length === 32 ? 'sha256' : value.length === 48 ? 'sha384' : 'sha512', value };
}
