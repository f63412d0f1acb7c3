import { publicKeyPem } from '@countersign/crypto';
import { toBase64, toHex, utf8Encode } from '@countersign/encoding';
import { CountersignError } from '@countersign/errors';
import { type LeafHash, leafHash } from '@countersign/merkle';
import type { AdmissionRequest, CanonicalEntry } from '@countersign/plugin-host';
import type { ShardIndex, Snapshot } from '@countersign/tree';
import { appendRequest } from './append-request.ts';
import { entryId, parseEntryName } from './entry-id.ts';
import type { VirtualIndex } from './indexes.ts';
import { type LogEntry, setPayload } from './log-entry.ts';
import type { Retrieval } from './retrieval.ts';
import type { Shard } from './shard.ts';
import type { Shards } from './shards.ts';
import type { Uploads } from './uploads.ts';

/**
 * Verifies a proposed entry (JSON bytes) and returns its canonical form, or refuses it. With the request it came with, the
 * log's policies decide, too.
 */
export type Admit = (proposal: Uint8Array, request?: AdmissionRequest) => Promise<CanonicalEntry>;

/** Attestations are kept beside new entries, and shown. */
export interface AttestationSettings {
  /** Bytes of one: an entry with a larger one is logged without it. */
  readonly bytes: number;
  /** Told of each such entry, in words for an operator. */
  readonly onTooLarge: (what: string) => void;
}

/** One shard as `GET /api/v1/log` describes it. */
export interface ShardInfo {
  /** Hex. */
  readonly rootHash: string;
  /** The checkpoint, a signed note. */
  readonly signedTreeHead: string;
  /** Decimal. */
  readonly treeID: string;
  readonly treeSize: number;
}

/** What `GET /api/v1/log` answers: the active shard, and the others where there are any. */
export interface LogInfo extends ShardInfo {
  readonly inactiveShards: readonly ShardInfo[] | null;
}

/** A consistency proof as the v1 API gives it. */
export interface ConsistencyAnswer {
  readonly hashes: readonly string[];
  /** The root of the current tree, not of the tree at the second size: upstream's way. */
  readonly rootHash: string;
}

/**
 * The log behind Rekor's v1 API: entries in, entries out, with proofs and promises.
 * Knows no HTTP. Everything it answers about one entry comes from one snapshot of the tree.
 */
export class LogService {
  readonly #shards: Shards;
  readonly #admit: Admit;
  readonly #uploads: Uploads;
  /** Whether uploads are refused, whatever they are. */
  readonly readOnly: boolean;
  readonly #attestations: AttestationSettings | undefined;

  /** @param attestations none are kept, nor those shown that were kept before, when absent */
  constructor(shards: Shards, admit: Admit, uploads: Uploads, readOnly = false, attestations?: AttestationSettings) {
    this.#shards = shards;
    this.#admit = admit;
    this.#uploads = uploads;
    this.readOnly = readOnly;
    this.#attestations = attestations;
  }

  /**
   * Admits a proposed entry and appends it to the active shard. Resolves once the entry is
   * durable and part of a signed tree.
   *
   * @param request what it came with, for the policies to decide; the log's own entries come with none
   * @throws `ERR_ENTRY_EXISTS` with `details.entryId` when the active shard has it already,
   * `ERR_SHARD_FROZEN` when it is frozen, `ERR_NOT_AVAILABLE` when {@link readOnly}, and whatever admission and the tree refuse with
   */
  async add(proposal: Uint8Array, request?: AdmissionRequest): Promise<LogEntry> {
    if (this.readOnly) throw new CountersignError('ERR_NOT_AVAILABLE', 'this node is read-only and takes no uploads');
    const admitted = await this.#admit(proposal, request);
    const append = appendRequest(admitted, this.#attestations?.bytes);
    const [shard, { index, integratedTime, duplicate, snapshot }] = await this.#uploads.append(append);
    const { data } = append;
    const hash = leafHash(data);
    if (duplicate) {
      const id = entryId(shard.record.treeId, hash);
      const message = `an equivalent entry already exists in the transparency log with UUID ${id}`;
      throw new CountersignError('ERR_ENTRY_EXISTS', message, { details: { entryId: id } });
    }
    const entry = await this.#entry(shard, { index, hash, data, integratedTime }, snapshot);
    this.#tellOfTooLarge(entry, admitted.attestation?.length ?? 0);
    return entry;
  }

  /** The entry at a position over all shards, or `undefined` beyond the end. */
  async byIndex(index: VirtualIndex): Promise<LogEntry | undefined> {
    const located = this.#shards.locate(index);
    return this.#read(located.shard, located.index);
  }

  /**
   * The entry of that ID (80 hex digits), or the first found of that UUID (64), active shard first.
   *
   * @throws `ERR_MALFORMED` on what is neither
   */
  async byId(text: string): Promise<LogEntry | undefined> {
    const { leafHash: hash, treeId } = parseEntryName(text);
    if (treeId === undefined) return this.#byLeafHash(hash);
    const shard = this.#shards.byTreeId(treeId);
    return shard && this.#find(shard, hash);
  }

  /**
   * The entries that are in the log out of those asked for, in upstream's order: full IDs as
   * requested, then UUIDs, then proposals, then indexes. Proposals are verified and made
   * canonical first, and one that is refused refuses the whole retrieval.
   */
  async retrieve({ entryIds = [], proposals = [], indexes = [] }: Retrieval): Promise<LogEntry[]> {
    const names = entryIds.map(parseEntryName);
    const full = names.filter((name) => name.treeId !== undefined);
    const bare = names.filter((name) => name.treeId === undefined);
    const admitted = await Promise.all(proposals.map((proposal) => this.#admit(proposal)));

    const found = await Promise.all([
      ...full.map(({ treeId = '', leafHash: hash }) => {
        const shard = this.#shards.byTreeId(treeId);
        return shard && this.#find(shard, hash);
      }),
      ...bare.map((name) => this.#byLeafHash(name.leafHash)),
      ...admitted.map((entry) => this.#byLeafHash(leafHash(entry.body))),
      ...indexes.map((index) => this.byIndex(index)),
    ]);
    return found.filter((entry) => entry !== undefined);
  }

  /** Why the log takes no more entries. */
  get failure(): CountersignError | undefined {
    return this.#uploads.failure;
  }

  /** The state of the log: the newest checkpoint of each shard. */
  info(): LogInfo {
    const inactive = this.#shards.inactive.map(shardInfo);
    return { inactiveShards: inactive.length === 0 ? null : inactive, ...shardInfo(this.#shards.active) };
  }

  /**
   * Proves that the tree at `last` extends the tree at `first`.
   *
   * @param treeId decimal; the active shard when absent
   * @throws `ERR_SHARD_UNKNOWN`; `ERR_PROOF_RANGE` unless 1 ≤ first ≤ last ≤ the current size
   */
  async proof(first: number, last: number, treeId?: string): Promise<ConsistencyAnswer> {
    const { tree } = this.#shard(treeId);
    const { root, size } = tree.snapshot;
    if (first > last) {
      throw new CountersignError('ERR_PROOF_RANGE', `firstSize(${first}) must be less than lastSize(${last})`);
    }
    if (first < 1 || last > size) {
      const message = `the tree size requested(${last}) was greater than what is currently observable(${size})`;
      throw new CountersignError('ERR_PROOF_RANGE', message, { details: { first, last, size } });
    }
    const hashes = await tree.consistencyProof(first, last);
    return { hashes: hashes.map(toHex), rootHash: toHex(root) };
  }

  /**
   * The shard's public key, PEM.
   *
   * @param treeId decimal; the active shard when absent
   * @throws `ERR_SHARD_UNKNOWN`
   */
  publicKey(treeId?: string): string {
    return publicKeyPem(this.#shard(treeId).signer.publicKey);
  }

  #shard(treeId: string | undefined): Shard {
    // Through BigInt: the parameter may have leading zeros.
    const shard = treeId === undefined ? this.#shards.active : this.#shards.byTreeId(BigInt(treeId).toString());
    if (shard === undefined)
      throw new CountersignError('ERR_SHARD_UNKNOWN', `no log range found for tree ID ${treeId}`);
    return shard;
  }

  async #byLeafHash(hash: LeafHash): Promise<LogEntry | undefined> {
    for (const shard of this.#shards.activeFirst) {
      const entry = await this.#find(shard, hash);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  async #find(shard: Shard, hash: LeafHash): Promise<LogEntry | undefined> {
    const index = await shard.tree.find(hash);
    return index === undefined ? undefined : this.#read(shard, index);
  }

  async #read(shard: Shard, index: ShardIndex): Promise<LogEntry | undefined> {
    // Taken before the leaf is read, so a leaf that is there is inside this tree or not shown yet.
    const { snapshot } = shard.tree;
    if (index >= snapshot.size) return undefined;
    const [leaf, attachment] = await Promise.all([
      shard.tree.entry(index),
      this.#attestations && shard.tree.attachment(index),
    ]);
    const entry = leaf && (await this.#entry(shard, leaf, snapshot));
    return entry && attachment ? { ...entry, attestation: toBase64(attachment) } : entry;
  }

  #tellOfTooLarge({ id }: LogEntry, bytes: number): void {
    if (this.#attestations === undefined || bytes <= this.#attestations.bytes) return;
    const { bytes: limit, onTooLarge } = this.#attestations;
    onTooLarge(`the attestation of entry ${id} has ${bytes} bytes, and is not kept: the limit is ${limit}`);
  }

  async #entry(shard: Shard, leaf: LeafFields, snapshot: Snapshot): Promise<LogEntry> {
    const fields = {
      body: toBase64(leaf.data),
      integratedTime: leaf.integratedTime,
      logId: shard.logId,
      logIndex: this.#shards.virtual(shard, leaf.index),
    };
    const [hashes, timestamp] = await Promise.all([
      shard.tree.inclusionProof(leaf.index, snapshot),
      shard.signer.sign(utf8Encode(setPayload(fields))),
    ]);
    return {
      id: entryId(shard.record.treeId, leaf.hash),
      ...fields,
      inclusionProof: {
        checkpoint: snapshot.checkpoint,
        hashes: hashes.map(toHex),
        logIndex: leaf.index,
        rootHash: toHex(snapshot.root),
        treeSize: snapshot.size,
      },
      signedEntryTimestamp: toBase64(timestamp),
    };
  }
}

interface LeafFields {
  readonly index: ShardIndex;
  readonly hash: LeafHash;
  readonly data: Uint8Array;
  readonly integratedTime: number;
}

function shardInfo({ record, tree }: Shard): ShardInfo {
  const { checkpoint, root, size } = tree.snapshot;
  return { rootHash: toHex(root), signedTreeHead: checkpoint, treeID: record.treeId, treeSize: size };
}
