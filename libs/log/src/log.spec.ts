import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileSigner, hash, parsePublicKey, verify } from '@countersign/crypto';
import { canonicalJson, fromBase64, fromHex, parseJson, toHex, utf8Encode } from '@countersign/encoding';
import { CountersignError } from '@countersign/errors';
import { leafHash, openCheckpointV1, verifyConsistency, verifyInclusion } from '@countersign/merkle';
import type { AdmissionRequest, CanonicalEntry } from '@countersign/plugin-host';
import { AnchorFile, openSqliteStorage, type TreeStorage } from '@countersign/tree';
import type { EntryIndex } from './entry-index.ts';
import { virtualIndex } from './indexes.ts';
import { type LogEntry, logEntryJson, setPayload } from './log-entry.ts';
import { type LogSetup, type OpenLog, openLog } from './open-log.ts';
import { keyFile } from './shard.ts';

let folder: string;
let storage: TreeStorage;
let created: string[];
let index: EntryIndex;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-log-'));
  storage = await openSqliteStorage(join(folder, 'log.sqlite'));
  created = [];
  index = emptyIndex;
});
afterEach(async () => {
  await storage.close();
  await rm(folder, { recursive: true });
});

const emptyIndex: EntryIndex = {
  state: { covered: 0, indexed: 0, total: 0, failures: 0 },
  follow: () => undefined,
  committed: () => undefined,
  find: () => ({ leaves: [], next: undefined }),
};

/** Takes any JSON, as an entry type would that verifies nothing. */
async function admit(proposal: Uint8Array, request?: AdmissionRequest): Promise<CanonicalEntry> {
  if (request?.requester?.type === 'oidc') throw new CountersignError('ERR_ADMISSION_DENIED', 'not here');
  const value = parseJson(proposal);
  if (value === null) throw new CountersignError('ERR_ENTRY_INVALID', 'nothing');
  const entry = { kind: 'any', apiVersion: '0.0.1', body: canonicalJson(value), indexKeys: ['key'] };
  // Text comes with itself as its attestation.
  return { ...entry, ...(typeof value === 'string' && { attestation: utf8Encode(value) }) };
}

function open(entryZero = false, now = 1_700_000_000_999, more: Partial<LogSetup> = {}): Promise<OpenLog> {
  return openLog({
    storage,
    keyFolder: folder,
    anchor: ({ id }) => new AnchorFile(folder, id, { warn: () => undefined }),
    clock: () => now,
    hostname: 'log.example',
    admit,
    entryZero,
    openIndex: async () => index,
    onCreated: (what) => created.push(what),
    ...more,
  });
}

const json = (value: string): Uint8Array => utf8Encode(JSON.stringify(value));

describe('openLog', () => {
  it('makes key and shard once, and keeps the name the shard was made with', async () => {
    const first = await open();
    const [treeId] = first.service.info().treeID.match(/^[1-9]\d{0,18}$/) ?? [];
    expect(created).toEqual([
      `signing key of the log (ECDSA P-256): ${keyFile(folder, String(treeId))}`,
      `log shard log.example - ${treeId}`,
    ]);
    expect(BigInt(String(treeId))).toBeLessThan(2n ** 63n);
    await first.close();
    const again = await open();
    expect(created).toHaveLength(2);
    expect(again.service.info()).toEqual(first.service.info());
    await again.close();
  });

  it("refuses a key that is not the shard's, and says which file it is", async () => {
    const log = await open();
    await log.close();
    const { treeID } = log.service.info();
    const other = await mkdtemp(join(tmpdir(), 'countersign-key-'));
    await fileSigner(join(other, 'key.pem'), { algorithm: 'ecdsa-p256', create: true });
    await copyFile(join(other, 'key.pem'), keyFile(folder, treeID));
    await expect(open()).rejects.toMatchObject({
      code: 'ERR_SIGNER',
      message: expect.stringContaining(keyFile(folder, treeID)),
    });
    await rm(keyFile(folder, treeID));
    await expect(open()).rejects.toMatchObject({ code: 'ERR_SIGNER' });
    await rm(other, { recursive: true });
  });

  it('puts an entry about the shard first, signed by its key, also when the first start broke off before it', async () => {
    await (await open(false)).close();
    const log = await open(true);
    const entry = await log.service.byIndex(virtualIndex(0));
    const body = parseJson(fromBase64(entry?.body ?? '')) as never as {
      spec: { data: { hash: { value: string } }; signature: { content: string; publicKey: { content: string } } };
    };
    const pem = log.service.publicKey();
    expect(Buffer.from(body.spec.signature.publicKey.content, 'base64').toString()).toBe(pem);
    const [record] = await storage.shards();
    const description = canonicalJson({
      createdAt: 1_700_000_000,
      kind: 'rekor-v1',
      origin: `log.example - ${record?.treeId}`,
      publicKey: pem,
      treeId: String(record?.treeId),
    });
    expect(body.spec.data.hash.value).toBe(toHex(hash('sha256', description)));
    await log.close();
    await (await open(true)).close();
    expect(log.service.info().treeSize).toBe(1);
  });
});

describe('LogService', () => {
  it('answers with ID, proof, checkpoint and SET of one snapshot', async () => {
    const log = await open();
    for (const value of ['a', 'b', 'c']) await log.service.add(json(value));
    const entry = await log.service.add(json('d'));
    const key = parsePublicKey(log.service.publicKey());
    const leaf = leafHash(json('d'));
    expect(entry.id).toBe(BigInt(log.service.info().treeID).toString(16).padStart(16, '0') + toHex(leaf));
    expect(entry).toMatchObject({ integratedTime: 1_700_000_000, logIndex: 3, logId: toHex(hash('sha256', key.spki)) });

    const { checkpoint, hashes, logIndex, rootHash, treeSize } = entry.inclusionProof;
    verifyInclusion({
      leafHash: leaf,
      index: logIndex,
      size: treeSize,
      hashes: hashes.map(fromHex),
      root: fromHex(rootHash),
    });
    const opened = openCheckpointV1(checkpoint, key, verify);
    expect([toHex(opened.root), opened.size]).toEqual([rootHash, treeSize]);
    expect(verify(key, { message: utf8Encode(setPayload(entry)) }, fromBase64(entry.signedEntryTimestamp))).toBe(true);
    await log.close();
  });

  it('refuses an equal entry and says which one it equals', async () => {
    const log = await open();
    const { id } = await log.service.add(json('a'));
    await expect(log.service.add(json('a'))).rejects.toMatchObject({
      code: 'ERR_ENTRY_EXISTS',
      message: expect.stringContaining(id),
      details: { entryId: id },
    });
    expect(log.service.info().treeSize).toBe(1);
    await log.close();
  });

  it('adds nothing that is denied for who asks, and retrieves it all the same', async () => {
    const log = await open();
    await log.service.add(json('a'), { requester: { type: 'token', name: 'ci' } });
    const requester = { type: 'oidc', issuer: 'https://issuer.example', subject: 's' } as const;
    for (const value of ['a', 'b']) {
      await expect(log.service.add(json(value), { requester })).rejects.toMatchObject({ code: 'ERR_ADMISSION_DENIED' });
    }
    expect(log.service.info().treeSize).toBe(1);
    expect(await log.service.retrieve({ proposals: [json('a'), json('b')] })).toHaveLength(1);
    await log.close();
  });

  it('has told the index of an entry when it is answered, and of each once', async () => {
    const told: string[] = [];
    const committed: EntryIndex['committed'] = ({ first, leaves }) => {
      told.push(...leaves.map(({ annex }, at) => `${first + at} ${Buffer.from(annex ?? []).toString()}`));
    };
    index = { ...emptyIndex, committed };
    const log = await open();
    await log.service.add(json('a'));
    expect(told).toEqual(['0 {"indexKeys":["key"]}']);
    await Promise.all(['b', 'c', 'a'].map((value) => log.service.add(json(value)).catch(() => undefined)));
    expect(told.map((line) => line[0])).toEqual(['0', '1', '2']);
    await log.close();
  });

  it('keeps the index keys beside the leaf', async () => {
    const log = await open();
    await log.service.add(json('a'));
    const [record] = await storage.shards();
    const leaf = await storage.leaf(record?.id ?? 0, 0);
    expect(Buffer.from(leaf?.annex ?? []).toString()).toBe('{"indexKeys":["key"]}');
    await log.close();
  });

  it('keeps attestations where that is on, up to a size, and tells of those that are larger', async () => {
    const told: string[] = [];
    const attestations = { bytes: 3, onTooLarge: (what: string) => told.push(what) };
    const { service, close } = await open(false, undefined, { attestations });
    const entries = await Promise.all(['12', '123', '1234'].map((value) => service.add(json(value))));
    const none = await service.add(utf8Encode('5'));
    expect(entries.map(({ attestation }) => attestation)).toEqual([undefined, undefined, undefined]);
    expect(told).toEqual([`the attestation of entry ${entries[2]?.id} has 4 bytes, and is not kept: the limit is 3`]);
    await expect(service.add(json('1234'))).rejects.toMatchObject({ code: 'ERR_ENTRY_EXISTS' });
    expect(told).toHaveLength(1);
    const kept = [Buffer.from('12').toString('base64'), Buffer.from('123').toString('base64'), undefined, undefined];
    const ids = [...entries, none].map(({ id }) => id);
    const byId = await Promise.all(ids.map((id) => service.byId(id)));
    expect(byId.map((entry) => entry?.attestation)).toEqual(kept);
    const byIndex = await service.retrieve({ indexes: [0, 1, 2, 3].map(virtualIndex) });
    expect(byIndex.map(({ attestation }) => attestation)).toEqual(kept);
    const { body, attestation } = JSON.parse(logEntryJson(byIndex[1] as LogEntry))[ids[1] ?? ''];
    expect([body, attestation]).toEqual([entries[1]?.body, { data: kept[1] }]);
    expect(logEntryJson(byIndex[3] as LogEntry)).not.toContain('attestation');
    await close();
  });

  it('neither keeps attestations nor shows those it has where that is off', async () => {
    const attestations = { bytes: 3, onTooLarge: () => undefined };
    const on = await open(false, undefined, { attestations });
    const { id } = await on.service.add(json('a'));
    await on.close();
    const off = await open();
    await off.service.add(json('b'));
    expect((await off.service.byId(id))?.attestation).toBeUndefined();
    await off.close();
    const again = await open(false, undefined, { attestations });
    const entries = await again.service.retrieve({ indexes: [0, 1].map(virtualIndex) });
    expect(entries.map(({ attestation }) => attestation)).toEqual([Buffer.from('a').toString('base64'), undefined]);
    await again.close();
  });

  it('retrieves in order, repeats what is asked twice, and leaves out what it does not have', async () => {
    const log = await open();
    const { service } = log;
    const [a, b] = [await service.add(json('a')), await service.add(json('b'))];
    const found = await service.retrieve({
      indexes: [1, 5, 0].map(virtualIndex),
      proposals: [json('never'), json('b')],
      entryIds: [b.id.slice(16), `0000000000000001${a.id.slice(16)}`, a.id, a.id],
    });
    expect(found.map(({ id }) => id)).toEqual([a.id, a.id, b.id, b.id, b.id, a.id]);
    await expect(service.retrieve({ proposals: [json('a'), utf8Encode('null')] })).rejects.toMatchObject({
      code: 'ERR_ENTRY_INVALID',
    });
    await expect(service.retrieve({ entryIds: ['0'] })).rejects.toMatchObject({ code: 'ERR_MALFORMED' });
    await log.close();
  });

  it('proves that it grew, and gives the current root with it', async () => {
    const log = await open();
    const { service } = log;
    const roots: string[] = [];
    for (const value of ['a', 'b', 'c', 'd']) {
      await service.add(json(value));
      roots.push(service.info().rootHash);
    }
    const { hashes, rootHash } = await service.proof(1, 3, `00${service.info().treeID}`);
    expect(rootHash).toBe(roots[3]);
    verifyConsistency({
      first: 1,
      second: 3,
      firstRoot: fromHex(roots[0] ?? ''),
      secondRoot: fromHex(roots[2] ?? ''),
      hashes: hashes.map(fromHex),
    });
    expect(await service.proof(4, 4)).toEqual({ hashes: [], rootHash });
    await expect(service.proof(3, 2)).rejects.toMatchObject({ code: 'ERR_PROOF_RANGE' });
    await expect(service.proof(1, 5)).rejects.toMatchObject({ code: 'ERR_PROOF_RANGE' });
    await expect(service.proof(0, 1)).rejects.toMatchObject({ code: 'ERR_PROOF_RANGE' });
    await expect(service.proof(1, 2, '7')).rejects.toMatchObject({ code: 'ERR_SHARD_UNKNOWN' });
    expect(() => service.publicKey('7')).toThrow(expect.objectContaining({ code: 'ERR_SHARD_UNKNOWN' }));
    await log.close();
  });

  it('takes nothing more once it is closed', async () => {
    const log = await open();
    await log.close();
    await expect(log.service.add(json('a'))).rejects.toMatchObject({ code: 'ERR_SHUTTING_DOWN' });
  });
});
