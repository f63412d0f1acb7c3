import { createHash } from 'node:crypto';
import { publicKeyPem, type Signer } from '@countersign/crypto';
import { canonicalJson, toBase64, utf8Encode } from '@countersign/encoding';
import type { ShardRecord } from '@countersign/tree';

/**
 * The proposal of a shard's first entry: a hashedrekord over the description of the shard,
 * signed by the shard's own key. It says who the log is, and it keeps index 0 from being
 * anybody's: some clients cannot load a bundle whose log index is 0.
 *
 * @returns JSON bytes, to be admitted like everybody's
 */
export async function entryZero(record: ShardRecord, signer: Signer): Promise<Uint8Array> {
  const description = shardDescription(record, signer);
  return canonicalJson({
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: {
      data: { hash: { algorithm: 'sha256', value: createHash('sha256').update(description).digest('hex') } },
      signature: {
        content: toBase64(await signer.sign(description)),
        publicKey: { content: toBase64(utf8Encode(publicKeyPem(signer.publicKey))) },
      },
    },
  });
}

/** A shard's identity in canonical JSON: the artifact that entry 0 is about. */
export function shardDescription(record: ShardRecord, signer: Pick<Signer, 'publicKey'>): Uint8Array {
  return canonicalJson({
    createdAt: record.createdAt,
    kind: record.kind,
    origin: record.origin,
    publicKey: publicKeyPem(signer.publicKey),
    treeId: record.treeId,
  });
}
