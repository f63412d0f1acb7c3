export {
  type Checkpoint,
  formatCheckpoint,
  openCheckpoint,
  parseCheckpoint,
  readCheckpoint,
  signCheckpoint,
  type TrustedLog,
} from './checkpoint.ts';
export { formatOriginV1, type OriginV1, openCheckpointV1, parseOriginV1, signCheckpointV1 } from './checkpoint-v1.ts';
export { decodeEntryBundle, encodeEntryBundle } from './entry-bundle.ts';
export { emptyRoot, type Hash, hashSize, type LeafHash, leafHash, nodeHash, toLeafHash } from './hash.ts';
export * as merkleLimits from './limits.ts';
export type { Node } from './node.ts';
export { formatNote, type Note, type NoteSignature, parseNote } from './note.ts';
export { type NoteKey, type NoteSigner, type NoteVerify, noteKeyId, noteKeyIdV1 } from './note-key.ts';
export { buildProof, foldNodes } from './proof.ts';
export { type ProofPlan, planConsistency, planInclusion, planNodes, planRoot } from './proof-plan.ts';
export { isCount, type TreeSize, treeSize } from './size.ts';
export {
  nodeTile,
  parseTilePath,
  type TileAddress,
  type TileNode,
  tileExtent,
  tileHeight,
  tilePath,
  tileWidth,
} from './tile.ts';
export { TileNodes } from './tile-nodes.ts';
export { type ConsistencyProof, verifyConsistency } from './verify-consistency.ts';
export { type InclusionProof, rootFromInclusion, verifyInclusion } from './verify-inclusion.ts';
