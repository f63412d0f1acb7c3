import { hash, type PublicKey, type Signer, verify } from '@countersign/crypto';
import { toHex, utf8Encode } from '@countersign/encoding';
import type { AppendRequest, Submission } from '@countersign/tree';

/**
 * An upload as a node leaves it for the one that sequences, signed with a key of the log: what was admitted by a node is
 * sequenced, with what belongs to it, and nothing that anybody else can write into the database. The signature stands before
 * the annex, after a byte with its length.
 */
export async function sealSubmission(id: string, request: AppendRequest, signer: Signer): Promise<Submission> {
  const { data, annex = new Uint8Array(0), attachment } = request;
  const signature = await signer.sign(sealedBytes(data, annex, attachment));
  const sealed = Buffer.concat([Uint8Array.of(signature.length), signature, annex]);
  return { id, data, identity: undefined, annex: sealed, attachment };
}

/** The upload; undefined when none of these keys has signed it. */
export function openSubmission(
  { data, annex: sealed, attachment }: Submission,
  keys: readonly PublicKey[],
): AppendRequest | undefined {
  const [length = 0] = sealed ?? [];
  const signature = sealed?.subarray(1, 1 + length);
  const annex = sealed?.subarray(1 + length);
  if (signature === undefined || annex === undefined || signature.length === 0) return undefined;
  const message = sealedBytes(data, annex, attachment);
  if (!keys.some((key) => verify(key, { message }, signature))) return undefined;
  return { data, annex: annex.length === 0 ? undefined : annex, attachment };
}

/** What is signed: neither a checkpoint, whose second line is a number, nor JSON, as under a signed entry timestamp. */
function sealedBytes(data: Uint8Array, annex: Uint8Array, attachment: Uint8Array | undefined): Uint8Array {
  const digest = (bytes: Uint8Array) => `sha256:${toHex(hash('sha256', bytes))}`;
  const lines = [data, annex, ...(attachment === undefined ? [] : [attachment])].map(digest);
  return utf8Encode(`countersign submission\n${lines.join('\n')}\n`);
}
