import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithClients } from './support/clients.ts';
import { countersignCli, type LogClient, rekorCli } from './support/log-client.ts';
import { temporaryFolder } from './support/log-under-test.ts';
import { makeSigner, type SignedArtifact, type SignerFiles, signArtifact } from './support/material.ts';
import { freePort, NodeProcess } from './support/node-process.ts';
import { cleanEnvironment, runOk } from './support/run.ts';

const asFlags = ({ artifact, signature, publicKey }: SignedArtifact) => [
  ...['--artifact', artifact, '--signature', signature, '--public-key', publicKey],
];

interface Shard {
  readonly treeId: string;
  readonly state: string;
  readonly size: number;
  readonly firstIndex: number;
  readonly keyFingerprint: string;
}

interface Uploaded extends SignedArtifact {
  readonly id: string;
  readonly index: number;
}

describeWithClients('the command lines on a log that is rolled', () => {
  const [folder, data] = [temporaryFolder(), temporaryFolder()];
  const homes = { 'rekor-cli': temporaryFolder(), countersign: temporaryFolder() };
  const uploaded: Uploaded[] = [];
  let options: { readonly data: string; readonly port: number };
  let node: NodeProcess;
  let signer: SignerFiles;
  let clients: readonly LogClient[];

  beforeAll(async () => {
    options = { data, port: await freePort() };
    node = await NodeProcess.start(options);
    signer = await makeSigner(folder, 'ecdsa-p256');
    clients = [rekorCli(node.url, homes['rekor-cli']), countersignCli(node.url, homes.countersign)];
  });

  afterAll(async () => {
    await node?.stop();
    for (const path of [folder, data, ...Object.values(homes)]) rmSync(path, { recursive: true });
  });

  /** `countersign shard …` beside the node. */
  async function shard(...args: string[]): Promise<readonly Shard[]> {
    const command = ['apps/cli/bin/countersign.js', 'shard', ...args, '--data', data, '--format', 'json'];
    return JSON.parse(await runOk(process.execPath, command, { env: cleanEnvironment(folder) }));
  }

  async function uploadByEach(): Promise<void> {
    for (const client of clients) {
      const signed = await signArtifact(folder, signer, 'key');
      const { Location, Index, AlreadyExists } = await client.json('upload', ...asFlags(signed));
      expect(AlreadyExists).toBe(false);
      uploaded.push({ ...signed, id: Location.split('/').at(-1), index: Index });
      expect(await client.json('upload', ...asFlags(signed))).toMatchObject({ AlreadyExists: true, Location });
    }
  }

  /** Every shard is verified, by both. */
  async function checkShards(shards: readonly Shard[]): Promise<void> {
    const total = shards.reduce((sum, { size }) => sum + size, 0);
    const active = shards.at(-1);
    for (const client of clients) {
      const info = await client.json('loginfo');
      expect(info).toMatchObject({ ActiveTreeSize: active?.size, TotalTreeSize: total, TreeID: active?.treeId });
    }
  }

  /** What was uploaded is verified, got and found. */
  async function checkEntries(client: LogClient, shards: readonly Shard[]): Promise<void> {
    for (const { id, index, ...signed } of uploaded) {
      const { firstIndex = 0 } = shards.find(({ treeId }) => BigInt(treeId) === BigInt(`0x${id.slice(0, 16)}`)) ?? {};
      // The index that is proven: the one in the shard's own tree.
      const proven = { EntryUUID: id, Index: index - firstIndex };
      expect(await client.json('verify', ...asFlags(signed))).toMatchObject(proven);
      expect(await client.json('get', '--uuid', id)).toMatchObject({ UUID: id, LogIndex: index });
      expect(await client.json('get', '--uuid', id.slice(16))).toMatchObject({ LogIndex: index });
      expect(await client.json('get', '--log-index', String(index))).toMatchObject({ UUID: id });
    }
    const [{ publicKey = '' } = {}] = uploaded;
    const { UUIDs } = await client.json('search', '--public-key', publicKey);
    expect([...UUIDs].sort()).toEqual(uploaded.map(({ id }) => id).sort());
    for (const { treeId, size } of shards) {
      const proof = await client.json('logproof', '--last-size', String(size), '--tree-id', treeId);
      expect(proof.RootHash).toMatch(/^[0-9a-f]{64}$/);
    }
  }

  it('reads, verifies and finds everything over two rolls, one with a new key, and a restart', async () => {
    await uploadByEach();
    await checkShards(await shard('list'));
    for (const flags of [[], ['--new-key']]) {
      const before = await shard('list');
      const shards = await shard('roll', ...flags);
      expect(shards).toHaveLength(before.length + 1);
      const [last, next] = shards.slice(-2);
      expect([last?.state, next?.state]).toEqual(['frozen', 'active']);
      expect(next?.keyFingerprint === last?.keyFingerprint).toBe(flags.length === 0);
      await uploadByEach();
      await checkShards(await shard('list'));
    }
    await node.stop();
    node = await NodeProcess.start(options);
    const shards = await shard('list');
    await checkShards(shards);
    await Promise.all(clients.map((client) => checkEntries(client, shards)));

    // Kept by tree id, whichever of the two wrote it.
    for (const home of Object.values(homes)) {
      const state = JSON.parse(readFileSync(join(home, '.rekor', 'state.json'), 'utf8'));
      for (const { treeId } of shards) expect(Object.keys(state)).toContain(treeId);
    }
  }, 180_000);

  it('tells both that a frozen log takes nothing, without a second try', async () => {
    await shard('freeze');
    const signed = await signArtifact(folder, signer, 'key');
    for (const client of clients) {
      const { code, stdout, stderr } = await client.run('upload', ...asFlags(signed));
      expect(code).not.toBe(0);
      expect(stdout + stderr).toMatch(/405|frozen/);
      expect(await client.text('loginfo')).toContain('Verification Successful!');
    }
    await shard('roll');
    await uploadByEach();
    await checkShards(await shard('list'));
  }, 120_000);
});
