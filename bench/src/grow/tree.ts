import { join } from 'node:path';
import { fileSigner, verify } from '@countersign/crypto';
import { keyFile } from '@countersign/log';
import { openCheckpointV1, parseOriginV1, signCheckpointV1 } from '@countersign/merkle';
import { AnchorFile, type ShardRecord, Tree, type TreeLimits, type TreeStorage } from '@countersign/tree';

/** Opens the tree of a shard as a node does, with the shard's own key. */
export async function openTree(
  data: string,
  storage: TreeStorage,
  shard: ShardRecord,
  limits: Partial<TreeLimits> = {},
): Promise<Tree> {
  const { hostname, treeId } = parseOriginV1(shard.origin);
  const signer = await fileSigner(keyFile(join(data, 'keys'), treeId), { algorithm: 'ecdsa-p256', create: false });
  return Tree.open({
    storage,
    shard,
    signCheckpoint: (size, root) => signCheckpointV1({ hostname, treeId, size, root }, signer),
    readCheckpoint: (text) => openCheckpointV1(text, signer.publicKey, verify),
    anchor: new AnchorFile(data, shard.id, { warn: () => undefined }),
    clock: Date.now,
    limits,
  });
}
