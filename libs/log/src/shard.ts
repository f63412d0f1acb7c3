import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { copyKeyFile, fileSigner, keyId, type Signer, verify } from '@countersign/crypto';
import { equalBytes, toHex } from '@countersign/encoding';
import { CountersignError } from '@countersign/errors';
import { formatOriginV1, merkleLimits, openCheckpointV1, parseOriginV1, signCheckpointV1 } from '@countersign/merkle';
import { type AnchorFile, type ShardRecord, Tree, type TreeLimits, type TreeStorage } from '@countersign/tree';

/** One shard, open: a tree, its identity, and the key that signs for it. */
export interface Shard {
  readonly record: ShardRecord;
  /** Hex SHA-256 of the key's SubjectPublicKeyInfo. */
  readonly logId: string;
  readonly signer: Signer;
  readonly tree: Tree;
}

/** What shards are kept in and made with. */
export interface ShardPlace {
  readonly storage: TreeStorage;
  /** Folder of the private keys, one PEM file a shard. */
  readonly keyFolder: string;
  /** Encrypts the key files; they are plain, mode 0600, without. */
  readonly keyPassphrase?: string;
  /** The newest signed checkpoint of a shard, kept outside the database. */
  readonly anchor: (record: ShardRecord) => AnchorFile;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly limits?: Partial<TreeLimits>;
}

/** The kind of shard that stands behind Rekor's v1 API. */
export const v1Kind = 'rekor-v1';

/** A shard with its key, before it is stored. */
export interface NewShard {
  readonly record: ShardRecord;
  readonly signer: Signer;
}

/**
 * Makes a shard, and stores it: see {@link prepareShard}.
 *
 * @param hostname the name in the checkpoints' origin and signature lines; fixed from here on
 */
export async function createShard(id: number, hostname: string, place: ShardPlace): Promise<ShardRecord> {
  const { record } = await prepareShard(id, hostname, place);
  await place.storage.createShard(record);
  return record;
}

/**
 * Makes a shard: a random tree id, a P-256 key (old clients read no other) in a file of its own, and a record of which
 * nothing but the state ever changes. The key is written before the record is stored, so a crash in between leaves at
 * most an unused key.
 *
 * @param keyOf the shard whose key it gets; a new one when absent
 * @throws `ERR_SIGNER`
 */
export async function prepareShard(
  id: number,
  hostname: string,
  place: ShardPlace,
  keyOf?: ShardRecord,
): Promise<NewShard> {
  const treeId = randomTreeId();
  if (keyOf !== undefined) {
    checkKey(keyOf, await shardSigner(keyOf.treeId, place, false), place);
    await copyKeyFile(keyFile(place.keyFolder, keyOf.treeId), keyFile(place.keyFolder, treeId));
  }
  const signer = await shardSigner(treeId, place, keyOf === undefined);
  const record: ShardRecord = {
    id,
    kind: v1Kind,
    treeId,
    origin: formatOriginV1({ hostname, treeId }),
    publicKey: signer.publicKey.spki,
    state: 'active',
    createdAt: Math.floor(place.clock() / 1000),
  };
  return { record, signer };
}

/**
 * Opens a shard with its key and checks its tree.
 *
 * @param follows whether another process writes it
 * @throws `ERR_SIGNER` when the key file is missing or holds another key, and what `Tree.open` refuses with
 */
export async function openShard(record: ShardRecord, place: ShardPlace, follows = false): Promise<Shard> {
  const signer = await shardSigner(record.treeId, place, false);
  checkKey(record, signer, place);
  const { hostname, treeId } = parseOriginV1(record.origin);
  const tree = await Tree.open({
    storage: place.storage,
    shard: record,
    signCheckpoint: (size, root) => signCheckpointV1({ hostname, treeId, size, root }, signer),
    readCheckpoint: (text) => openCheckpointV1(text, signer.publicKey, verify),
    anchor: place.anchor(record),
    clock: place.clock,
    follows,
    ...(place.limits === undefined ? {} : { limits: place.limits }),
  });
  return { record, logId: toHex(keyId(signer.publicKey)), signer, tree };
}

function checkKey({ origin, publicKey, treeId }: ShardRecord, signer: Signer, { keyFolder }: ShardPlace): void {
  if (equalBytes(signer.publicKey.spki, publicKey)) return;
  const file = keyFile(keyFolder, treeId);
  throw new CountersignError('ERR_SIGNER', `${file} is not the key of shard ${origin}; restore the right file`);
}

function shardSigner(treeId: string, { keyFolder, keyPassphrase }: ShardPlace, create: boolean): Promise<Signer> {
  return fileSigner(keyFile(keyFolder, treeId), {
    algorithm: 'ecdsa-p256',
    create,
    ...(keyPassphrase === undefined ? {} : { passphrase: keyPassphrase }),
  });
}

/** Where the private key of a shard is. */
export function keyFile(keyFolder: string, treeId: string): string {
  return join(keyFolder, `rekor-v1-${treeId}.pem`);
}

/** A random positive 63-bit integer, decimal: unique without anybody to ask. */
function randomTreeId(): string {
  const id = randomBytes(8).readBigUInt64BE() & merkleLimits.maxTreeId;
  return id === 0n ? randomTreeId() : id.toString();
}
