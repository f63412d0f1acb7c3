import type { JsonObject, PluginApi } from '@countersign/plugin-api';
import { decodeBase64 } from './base64.ts';
import { limits } from './limits.ts';

interface HashShape {
  readonly value: string;
}

/** What the schema has made sure of. */
interface SpecShape {
  readonly proposedContent?: { readonly envelope: string; readonly verifiers: readonly string[] };
  // Clients write null for what they leave out.
  readonly signatures?: readonly { readonly signature: string; readonly verifier: string }[] | null;
  readonly envelopeHash?: HashShape | null;
  readonly payloadHash?: HashShape | null;
}

/** What a client proposes. */
export interface Proposal {
  /** JSON text. */
  readonly envelope: string;
  /** Key files, PEM. */
  readonly verifiers: readonly Uint8Array[];
}

/** What the log stores. */
export interface Stored {
  readonly signatures: readonly StoredSignature[];
  /** SHA-256 in lower-case hex, as the next. */
  readonly envelopeHash: string;
  readonly payloadHash: string;
}

/** A signature with the key that made it. */
export interface StoredSignature {
  /** Base64 text. */
  readonly signature: string;
  /** Canonical PEM. */
  readonly verifier: Uint8Array;
}

/** Decodes the spec of a proposal that fits the schema. Refuses with `ERR_MALFORMED`, `ERR_ENTRY_INVALID`, `ERR_TOO_LARGE`. */
export function parseProposal(json: JsonObject, api: PluginApi): Proposal {
  const { errors } = api;
  const { proposedContent, signatures, envelopeHash, payloadHash } = json as unknown as SpecShape;
  const storedParts = [envelopeHash, payloadHash, signatures];
  const stored = storedParts.filter((part) => part !== undefined && part !== null).length;
  if (proposedContent === undefined) {
    const missing =
      stored < storedParts.length
        ? 'either proposedContent or envelopeHash, payloadHash, and signatures must be present'
        : 'entry not insertable into log: missing proposed content';
    throw errors.refuse('ERR_ENTRY_INVALID', missing);
  }
  if (stored > 0) {
    const both = 'either proposedContent or envelopeHash, payloadHash, and signatures must be present but not both';
    throw errors.refuse('ERR_ENTRY_INVALID', both);
  }
  const { envelope, verifiers } = proposedContent;
  if (verifiers.length > limits.keys) {
    throw errors.refuse('ERR_TOO_LARGE', `more than ${limits.keys} verifiers`);
  }
  return { envelope, verifiers: verifiers.map((text) => decodeBase64(text, 'verifier', api)) };
}

/** Decodes a stored spec that fits the schema. Refuses with `ERR_MALFORMED` and `ERR_ENTRY_INVALID`. */
export function parseStored(json: JsonObject, api: PluginApi): Stored {
  const { signatures, envelopeHash, payloadHash } = json as unknown as SpecShape;
  if (!signatures || !envelopeHash || !payloadHash) {
    throw api.errors.refuse('ERR_ENTRY_INVALID', 'envelopeHash, payloadHash, and signatures must be present');
  }
  return {
    signatures: signatures.map(({ signature, verifier }) => ({
      signature,
      verifier: decodeBase64(verifier, 'verifier', api),
    })),
    envelopeHash: envelopeHash.value,
    payloadHash: payloadHash.value,
  };
}

/** Writes the spec of a proposal. */
export function formatProposal({ envelope, verifiers }: Proposal, { encoding }: PluginApi): JsonObject {
  return { proposedContent: { envelope, verifiers: verifiers.map((verifier) => encoding.toBase64(verifier)) } };
}

/** Writes a spec as the log stores it. */
export function formatStored({ signatures, envelopeHash, payloadHash }: Stored, { encoding }: PluginApi): JsonObject {
  return {
    envelopeHash: { algorithm: 'sha256', value: envelopeHash },
    payloadHash: { algorithm: 'sha256', value: payloadHash },
    signatures: signatures.map(({ signature, verifier }) => ({ signature, verifier: encoding.toBase64(verifier) })),
  };
}
