import { hash } from '@countersign/crypto';
import { equalBytes } from '@countersign/encoding';
import { CountersignError } from '@countersign/errors';
import type { Artifact, ProposeOptions, TakenArtifact, Takes } from '@countersign/plugin-api';

const nothing = new Uint8Array();

/**
 * Takes what a client has brought, if it is what the entry type takes: no part is missing, and none too many.
 *
 * @throws `ERR_ENTRY_INVALID`, in the words that rekor-cli's users know
 */
export function takeArtifact(
  kind: string,
  takes: Takes,
  artifact: Artifact,
  { pkiFormat }: ProposeOptions,
): TakenArtifact {
  const { content, digest, signature, publicKeys } = artifact;
  if (takes.pkiFormats?.includes(pkiFormat) === false) {
    throw invalid(`${kind} entries can only be created with ${takes.pkiFormats.join(' or ')} keys`);
  }
  if (takes.artifact === 'content' && (content === undefined || content.length === 0)) {
    throw invalid('path to artifact file must be specified');
  }
  if (content === undefined && digest === undefined) throw invalid('an artifact or its digest must be provided');
  if (content !== undefined && digest !== undefined && !equalBytes(digest.value, hash(digest.algorithm, content))) {
    throw invalid('the digest given is not that of the artifact');
  }
  if (takes.signature === 'detached' && signature === undefined) throw invalid('a detached signature must be provided');
  if (takes.signature === 'enclosed' && signature !== undefined) {
    throw invalid(`the artifact of a ${kind} entry holds its signature: no detached one is taken`);
  }
  requireKeys(kind, takes, publicKeys.length);
  return {
    ...artifact,
    content: content ?? nothing,
    signature: signature ?? nothing,
    publicKey: publicKeys[0] ?? nothing,
  };
}

function requireKeys(kind: string, { publicKeys }: Takes, given: number): void {
  if (publicKeys === 'one' && given !== 1) throw invalid('only one public key must be provided');
  if (publicKeys === 'several' && given === 0) throw invalid('at least one public key must be provided');
  if (publicKeys === 'enclosed' && given > 0) {
    throw invalid(`the artifact of a ${kind} entry holds its key: no other is taken`);
  }
}

function invalid(message: string): CountersignError {
  return new CountersignError('ERR_ENTRY_INVALID', message);
}
