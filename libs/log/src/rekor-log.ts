import { hash as digest, keyId, type PublicKey, verify } from '@countersign/crypto';
import { equalBytes, toBase64, toHex, utf8Decode, utf8Encode } from '@countersign/encoding';
import { CountersignError, hasCode } from '@countersign/errors';
import { type Hash, leafHash, parseOriginV1, treeSize } from '@countersign/merkle';
import { writeAnnex } from '@countersign/search';
import {
  attachmentChecksum,
  type CopySetup,
  leafId,
  type ShardRecord,
  type Snapshot,
  type StoredAttachment,
  type StoredLeaf,
  shardIndex,
} from '@countersign/tree';
import { parseEntryName } from './entry-id.ts';
import { virtualIndex } from './indexes.ts';
import { logLimits } from './limits.ts';
import { setPayload } from './log-entry.ts';
import { v1Kind } from './shard.ts';
import { checkpointReader } from './shard-check.ts';

/** A tree as a log's API tells of it. */
export interface RekorShard {
  /** Decimal. */
  readonly treeId: string;
  readonly treeSize: number;
  readonly rootHash: Hash;
  /** The signed note. */
  readonly checkpoint: string;
}

/** An entry as a log's API gives it: claims, until they are checked. */
export interface RekorEntry {
  /** 64 or 80 hex digits. */
  readonly id: string;
  readonly body: Uint8Array;
  /** Seconds since 1970. */
  readonly integratedTime: number;
  /** Hex. */
  readonly logId: string;
  /** Over all shards. */
  readonly logIndex: number;
  readonly attestation?: Uint8Array | undefined;
  readonly signedEntryTimestamp: Uint8Array;
}

/** What is asked of a log with Rekor's API v1 to adopt it. Each method rejects with a code. */
export interface RekorApi {
  logInfo(): Promise<{ readonly active: RekorShard; readonly inactive: readonly RekorShard[] }>;
  /** At most ten; those the log does not have are left out. */
  retrieve(query: { readonly logIndexes: readonly number[] }): Promise<readonly RekorEntry[]>;
}

/** What {@link RekorLog} stands on. */
export interface RekorLogSetup {
  readonly api: RekorApi;
  /** The public key of a tree, by its decimal id. */
  readonly keyOf: (treeId: string) => Promise<PublicKey>;
  /** What the search index finds a logged body by; undefined when nobody can say. */
  readonly indexKeys: (body: Uint8Array) => Promise<readonly string[] | undefined>;
  /** Bytes of an attestation that is taken over; none are when absent. */
  readonly attestationBytes?: number | undefined;
}

/** What adopting a log has come upon. */
export interface RekorNotes {
  /** Entries with an attestation beside them that is not taken over. */
  attestations: number;
  /** Entries that the search index will not find: their kind, or what they hold, is not known here. */
  notIndexed: number;
  /** Entries with an earlier time than the one before. */
  outOfOrder: number;
}

interface OpenShard extends Pick<RekorShard, 'treeId'> {
  readonly record: ShardRecord;
  readonly key: PublicKey;
  /** The index over all shards of its first entry. */
  readonly firstIndex: number;
}

/**
 * A log with Rekor's API v1, read to be copied, in order: its shards with their tree ids and names, and each entry once its id
 * is the hash of its body and the shard's key signed body, time and index (the SET). That the entries are the whole tree is for the
 * copy to find out.
 */
export class RekorLog {
  readonly notes: RekorNotes = { attestations: 0, notIndexed: 0, outOfOrder: 0 };
  readonly #setup: RekorLogSetup;
  readonly #shards: readonly OpenShard[];
  #lastTime = 0;
  /** Of the leaves that were read last. */
  #attachments: StoredAttachment[] = [];

  private constructor(setup: RekorLogSetup, shards: readonly OpenShard[]) {
    this.#setup = setup;
    this.#shards = shards;
  }

  /**
   * Asks a log for its shards, and checks that each has the key it is to go on with.
   *
   * @throws `ERR_SIGNER` when it has not; `ERR_CHECKPOINT_INVALID`; what the API refuses with
   */
  static async open(setup: RekorLogSetup): Promise<RekorLog> {
    const shards: OpenShard[] = [];
    let firstIndex = 0;
    for (const { treeId, treeSize: size, checkpoint } of await told(setup.api)) {
      const key = await setup.keyOf(treeId);
      const origin = checkpoint.split('\n', 1)[0] ?? '';
      if (parseOriginV1(origin).treeId !== treeId) {
        throw new CountersignError('ERR_CHECKPOINT_INVALID', `the checkpoint of tree ${treeId} is of ${origin}`);
      }
      const [first] = size === 0 ? [] : await setup.api.retrieve({ logIndexes: [firstIndex] });
      const record: ShardRecord = {
        id: shards.length + 1,
        kind: v1Kind,
        treeId,
        origin,
        publicKey: key.spki,
        state: 'frozen',
        // When it was made, the log does not tell.
        createdAt: first?.integratedTime ?? 0,
      };
      checkKey(record, checkpoint);
      shards.push({ treeId, record, key, firstIndex });
      firstIndex += size;
    }
    const active = shards.pop() as OpenShard;
    return new RekorLog(setup, [...shards, { ...active, record: { ...active.record, state: 'active' } }]);
  }

  /** The shards, the oldest first. */
  get records(): readonly ShardRecord[] {
    return this.#shards.map(({ record }) => record);
  }

  /** What is copied. */
  get source(): CopySetup['from'] {
    return {
      shards: async () => this.records,
      latest: (id) => this.#latest(this.#shard(id)),
      leaves: (id, from, count) => this.#leaves(this.#shard(id), from, count),
      attachments: async () => this.#attachments,
    };
  }

  #shard(id: number): OpenShard {
    const shard = this.#shards[id - 1];
    if (shard === undefined) throw new RangeError(`no shard ${id}`);
    return shard;
  }

  /** As the log tells it now: it may have grown. */
  async #latest({ treeId, firstIndex }: OpenShard): Promise<Snapshot> {
    const shards = await told(this.#setup.api);
    const at = shards.findIndex((shard) => shard.treeId === treeId);
    const before = shards.slice(0, at).reduce((sum, shard) => sum + shard.treeSize, 0);
    const found = shards[at];
    if (found === undefined || shards.length !== this.#shards.length || before !== firstIndex) {
      throw new CountersignError(
        'ERR_SERVER_REFUSED',
        'the log changed its shards meanwhile: let it take no more entries, and begin again with an empty folder',
      );
    }
    return { size: treeSize(found.treeSize), root: found.rootHash, checkpoint: found.checkpoint };
  }

  async #leaves(shard: OpenShard, from: number, count: number): Promise<readonly StoredLeaf[]> {
    const wanted = Array.from({ length: count }, (_, offset) => shard.firstIndex + from + offset);
    const entries = await this.#fetch(wanted);
    const leaves: StoredLeaf[] = [];
    this.#attachments = [];
    for (const [offset, logIndex] of wanted.entries()) {
      const entry = entries.get(logIndex);
      if (entry === undefined) {
        throw new CountersignError('ERR_ENTRY_NOT_FOUND', `the log does not give its entry at index ${logIndex}`);
      }
      leaves.push(await this.#leaf(shard, from + offset, entry));
      this.#keepAttestation(shard, from + offset, entry);
    }
    return leaves;
  }

  /** Ten at a time, a few requests at once. */
  async #fetch(indexes: readonly number[]): Promise<ReadonlyMap<number, RekorEntry>> {
    const found = new Map<number, RekorEntry>();
    const requests: number[][] = [];
    for (let at = 0; at < indexes.length; at += logLimits.importEntries) {
      requests.push(indexes.slice(at, at + logLimits.importEntries));
    }
    const queue = requests.values();
    const work = async (): Promise<void> => {
      for (const logIndexes of queue) {
        for (const entry of await this.#ask(logIndexes)) found.set(entry.logIndex, entry);
      }
    };
    await Promise.all(Array.from({ length: logLimits.importRequests }, work));
    return found;
  }

  /** One by one where all together are more than an answer may be. */
  async #ask(logIndexes: readonly number[]): Promise<readonly RekorEntry[]> {
    try {
      return await this.#setup.api.retrieve({ logIndexes });
    } catch (error) {
      if (!hasCode(error, 'ERR_TOO_LARGE') || logIndexes.length < 2) throw error;
    }
    const entries: RekorEntry[] = [];
    for (const logIndex of logIndexes) entries.push(...(await this.#setup.api.retrieve({ logIndexes: [logIndex] })));
    return entries;
  }

  async #leaf({ treeId, key }: OpenShard, index: number, entry: RekorEntry): Promise<StoredLeaf> {
    const { body, integratedTime, logId, logIndex, signedEntryTimestamp } = entry;
    const hash = leafHash(body);
    const name = parseEntryName(entry.id);
    if (!equalBytes(name.leafHash, hash) || (name.treeId ?? treeId) !== treeId || logId !== toHex(keyId(key))) {
      const message = `the entry at index ${logIndex} is not what it is called: ${entry.id}, of log ${logId}`;
      throw new CountersignError('ERR_ENTRY_MISMATCH', message);
    }
    const payload = setPayload({ body: toBase64(body), integratedTime, logId, logIndex: virtualIndex(logIndex) });
    if (!verify(key, { message: utf8Encode(payload) }, signedEntryTimestamp)) {
      throw new CountersignError(
        'ERR_SIGNATURE_INVALID',
        `the log did not sign the entry at index ${logIndex} with this body, time and index`,
      );
    }
    const keys = await this.#setup.indexKeys(body);
    if (keys === undefined) this.notes.notIndexed += 1;
    if (index > 0 && integratedTime < this.#lastTime) this.notes.outOfOrder += 1;
    this.#lastTime = integratedTime;
    return {
      index: shardIndex(index),
      hash,
      data: body,
      integratedTime,
      identity: undefined,
      annex: writeAnnex(keys ?? []),
      checksum: undefined,
    };
  }

  /** Takes an attestation over that is what its entry says: no log signs it, but the signed body holds its digest. */
  #keepAttestation({ record }: OpenShard, index: number, { body, attestation: bytes }: RekorEntry): void {
    if (bytes === undefined) return;
    const { attestationBytes = -1 } = this.#setup;
    if (bytes.length > attestationBytes || !utf8Decode(body).includes(toHex(digest('sha256', bytes)))) {
      this.notes.attestations += 1;
      return;
    }
    const checksum = attachmentChecksum(leafId(record.id, index), bytes);
    this.#attachments.push({ index: shardIndex(index), bytes, checksum });
  }
}

/** The shards, the oldest first. */
async function told(api: RekorApi): Promise<readonly RekorShard[]> {
  const { active, inactive } = await api.logInfo();
  return [...inactive, active];
}

function checkKey(record: ShardRecord, checkpoint: string): void {
  try {
    checkpointReader(record)(checkpoint);
  } catch (cause) {
    throw new CountersignError(
      'ERR_SIGNER',
      `the key given for tree ${record.treeId} (${record.origin}) is not the one that signed its checkpoint`,
      { cause },
    );
  }
}
