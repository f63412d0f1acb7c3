// One log on SQLite in a folder where things fail, with its shards and keys: what it acknowledged and showed, and whether
// that held.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson, fromBase64, fromHex, parseJson, toHex } from '@countersign/encoding';
import { checkpointReader, keyFile, listShards, logShards, openLog } from '@countersign/log';
import { leafHash, verifyConsistency, verifyInclusion } from '@countersign/merkle';
import { AnchorFile, openSqliteStorage } from '@countersign/tree';

/** What clients and the operator were told. */
export class LogRecord {
  /** Entries by their index over all shards. */
  acknowledged = new Map();
  /** Checkpoints by text, with the tree they are of. */
  checkpoints = new Map();
  /** Tree ids, of shards there were before the change under test, and that it is known to have made. */
  trees = new Set();
  /** Whether the change under test may have made a shard that nobody was told of. */
  mayHaveRolled = false;

  copy() {
    const copy = new LogRecord();
    copy.acknowledged = new Map(this.acknowledged);
    copy.checkpoints = new Map(this.checkpoints);
    copy.trees = new Set(this.trees);
    return copy;
  }

  acknowledge(entry) {
    const { id, logIndex, inclusionProof } = entry;
    if (this.acknowledged.has(logIndex)) throw new Error(`index ${logIndex} was given twice`);
    this.acknowledged.set(logIndex, entry);
    this.checkpoints.set(inclusionProof.checkpoint, treeOf(id));
  }

  /** Notes what the log says about itself. */
  see(log) {
    const { inactiveShards, ...active } = log.service.info();
    for (const { treeID, signedTreeHead } of [...(inactiveShards ?? []), active]) {
      this.checkpoints.set(signedTreeHead, treeID);
      this.trees.add(treeID);
    }
  }
}

const treeOf = (id) => BigInt(`0x${id.slice(0, 16)}`).toString();

// Goes back an hour each time it is read, over openings, too.
let time = Date.now();
function clock() {
  time -= 3_600_000;
  return time;
}

/** Opens the log as a node does, making it if there is none; any JSON is an entry. */
export async function openLogIn(folder) {
  const storage = await openSqliteStorage(join(folder, 'log.sqlite'));
  try {
    const log = await openLog({
      storage,
      keyFolder: folder,
      anchor: ({ id }) => new AnchorFile(folder, id, { warn: () => {}, intervalMs: 0 }),
      clock,
      hostname: 'log.test',
      admit: async (proposal) => {
        const body = canonicalJson(parseJson(proposal));
        return { kind: 'any', apiVersion: '0.0.1', body, indexKeys: [], verifiers: [] };
      },
      entryZero: true,
      openIndex: async () => ({
        state: { covered: 0, indexed: 0, total: 0, failures: 0 },
        follow: () => {},
        committed: () => {},
        find: () => ({ leaves: [], next: undefined }),
      }),
    });
    return {
      ...log,
      storage,
      // Both, whatever the first does.
      close: () => log.close().finally(() => storage.close()),
    };
  } catch (error) {
    await storage.close().catch(() => {});
    throw error;
  }
}

/** Passes what is refused with a code of ours, as an answer to a client is. */
async function unlessRefused(work) {
  try {
    return await work;
  } catch (error) {
    if (typeof error.code !== 'string' || !error.code.startsWith('ERR_')) throw error;
    return undefined;
  }
}

let added = 0;

/** Adds `count` entries at once, of which no two are equal. */
export async function add(log, record, count) {
  const work = Array.from({ length: count }, async () => {
    added += 1;
    const entry = await unlessRefused(log.service.add(Buffer.from(JSON.stringify({ entry: added }))));
    if (entry !== undefined) record.acknowledge(entry);
  });
  await Promise.all(work);
}

/** Rolls while entries come in, with one each before, while and after. */
export async function roll(folder, record, newKey) {
  const log = await openLogIn(folder);
  try {
    record.see(log);
    record.mayHaveRolled = true;
    const before = add(log, record, 2);
    const rolled = unlessRefused(log.admin.roll(newKey).then(() => true));
    await Promise.all([before, add(log, record, 2), rolled]);
    if (await rolled) record.mayHaveRolled = false;
    if (log.service.failure === undefined) record.see(log);
    await add(log, record, 2);
  } finally {
    await log.close();
  }
}

/**
 * Opens the log again where nothing fails, and throws unless all of `record` holds: the shards are those there were or
 * those there were to be, each with its key and with the entry about itself first; every entry is where it was
 * acknowledged, the same and proven; no index is left out, and no shard's times go back; every checkpoint shown is a
 * prefix of its tree; and it goes on.
 */
export async function checkLog(folder, record) {
  const log = await openLogIn(folder);
  try {
    const shards = await listShards(log.storage);
    const trees = shards.map(({ treeId }) => treeId);
    const unknown = trees.filter((treeId) => !record.trees.has(treeId));
    if (trees.length - unknown.length !== record.trees.size) throw new Error('a shard is gone');
    if (unknown.length > (record.mayHaveRolled ? 1 : 0)) throw new Error(`shards out of nowhere: ${unknown}`);
    const states = shards.map(({ state }) => state);
    if (states.some((state, n) => (state === 'active') !== (n === states.length - 1))) throw new Error(`${states}`);
    for (const treeId of trees) if (!existsSync(keyFile(folder, treeId))) throw new Error(`no key of ${treeId}`);
    record.see(log);

    const records = new Map((await logShards(log.storage)).map((shard) => [shard.treeId, shard]));
    const total = shards.reduce((sum, { size }) => sum + size, 0);
    const times = new Map();
    for (let index = 0; index < total; index += 1) {
      const { id, integratedTime } = await checkEntry(log, index, record.acknowledged.get(index), records);
      if (integratedTime < (times.get(treeOf(id)) ?? 0)) throw new Error(`the time of entry ${index} went back`);
      times.set(treeOf(id), integratedTime);
    }
    for (const index of record.acknowledged.keys()) if (index >= total) throw new Error(`entry ${index} is lost`);
    for (const { firstIndex } of shards) {
      const { body } = await log.service.byIndex(firstIndex);
      if (!Buffer.from(body, 'base64').includes('"kind":"hashedrekord"'))
        throw new Error(`no entry 0 at ${firstIndex}`);
    }

    for (const [text, treeId] of record.checkpoints) await checkPrefix(log, text, treeId, records);
    const before = record.acknowledged.size;
    await add(log, record, 3);
    if (record.acknowledged.size !== before + 3) throw new Error('it does not go on');
    record.mayHaveRolled = false;
  } finally {
    await log.close();
  }
}

/** Gives the entry at an index, which is the acknowledged one, if there was one, and proven in the tree its id names. */
async function checkEntry({ service }, index, acknowledged, records) {
  const served = await service.byIndex(index);
  if (served === undefined) throw new Error(`nothing at ${index}`);
  for (const name of acknowledged === undefined ? [] : ['id', 'body', 'integratedTime', 'logId', 'logIndex']) {
    if (served[name] !== acknowledged[name]) throw new Error(`entry ${index} has another ${name}`);
  }
  const { checkpoint, hashes, logIndex, rootHash, treeSize: size } = served.inclusionProof;
  const leaf = leafHash(fromBase64(served.body));
  if (toHex(leaf) !== served.id.slice(16)) throw new Error(`entry ${index} is not what its id says`);
  const opened = checkpointReader(records.get(treeOf(served.id)))(checkpoint);
  if (opened.size !== size || toHex(opened.root) !== rootHash)
    throw new Error(`entry ${index} has a proof of another tree`);
  verifyInclusion({ leafHash: leaf, index: logIndex, size, hashes: hashes.map(fromHex), root: opened.root });
  return served;
}

async function checkPrefix({ service }, text, treeId, records) {
  const { inactiveShards, ...active } = service.info();
  const now = [...(inactiveShards ?? []), active].find(({ treeID }) => treeID === treeId);
  const seen = checkpointReader(records.get(treeId))(text);
  if (seen.size > now.treeSize)
    throw new Error(`tree ${treeId} has ${now.treeSize} leaves, and had shown ${seen.size}`);
  if (seen.size === 0) return;
  const { hashes } = await service.proof(seen.size, now.treeSize, treeId);
  const roots = { firstRoot: seen.root, secondRoot: fromHex(now.rootHash) };
  verifyConsistency({ first: seen.size, second: now.treeSize, ...roots, hashes: hashes.map(fromHex) });
}
