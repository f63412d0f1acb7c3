import { rmSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { describeWithPostgres, sharedServer } from '../../libs/tree/test/postgres-fixture.ts';
import { describeWithClients } from './support/clients.ts';
import { rekorCli } from './support/log-client.ts';
import { temporaryFolder } from './support/log-under-test.ts';
import { makeSigner, signArtifact } from './support/material.ts';
import { type Member, NodeGroup, roleOf } from './support/node-group.ts';
import { Promises } from './support/promises.ts';
import { cleanEnvironment, runOk } from './support/run.ts';
import { SteadyLoad } from './support/steady-load.ts';

const takeoverMs = 5000;
const report: string[] = [];
afterAll(() => {
  process.stdout.write(`several nodes:\n${report.map((line) => `  ${line}\n`).join('')}`);
});

/** Polls the checkpoints of all nodes while something happens. */
async function watching(group: NodeGroup, promises: Promises, work: () => Promise<void>): Promise<void> {
  let isOver = false;
  const watch = async ({ url }: Member) => {
    while (!isOver) {
      const answer = await fetch(`${url}/api/v1/log`, { signal: AbortSignal.timeout(1000) }).catch(() => undefined);
      const info = (await answer?.json().catch(() => undefined)) as { signedTreeHead: string } | undefined;
      if (info !== undefined) promises.noteCheckpoint(info.signedTreeHead);
      await setTimeout(25);
    }
  };
  const watchers = Promise.all(group.members.map(watch));
  await work().finally(() => {
    isOver = true;
  });
  await watchers;
}

/** Resolves when all nodes show the same. */
async function agree(group: NodeGroup): Promise<void> {
  for (;;) {
    const infos = await Promise.all(
      group.members.map(async ({ url }) => (await fetch(`${url}/api/v1/log`).catch(() => undefined))?.text()),
    );
    if (!infos.includes(undefined) && new Set(infos).size === 1) return;
    await setTimeout(50);
  }
}

/** Everything that was acknowledged is on every node, whose trees extend every checkpoint any of them has shown. */
async function check(group: NodeGroup, promises: Promises, load: SteadyLoad): Promise<void> {
  await agree(group);
  for (const entry of load.entries) promises.note(entry);
  const places = promises.entries.map(({ logIndex }) => logIndex);
  expect(new Set(places).size).toBe(places.length);
  for (const { url } of group.members) {
    await promises.checkEntries(url, promises.entries);
    await promises.checkCheckpoints(url);
    for (const id of load.existing) expect((await fetch(`${url}/api/v1/log/entries/${id}`)).status).toBe(200);
  }
}

interface Fault {
  readonly name: string;
  readonly nodes: number;
  readonly clients: number;
  readonly begin: (leader: Member) => void;
  readonly end: (leader: Member, group: NodeGroup) => Promise<void>;
}

const faults: readonly Fault[] = [
  {
    name: 'kill -9 of the sequencer',
    nodes: 2,
    clients: 16,
    begin: ({ node }) => node.signal('SIGKILL'),
    end: (leader, group) => group.restart(leader),
  },
  {
    name: 'SIGSTOP of the sequencer, and SIGCONT later than the lease lasts',
    nodes: 3,
    clients: 32,
    begin: ({ node }) => node.signal('SIGSTOP'),
    end: async ({ node }) => node.signal('SIGCONT'),
  },
  {
    name: 'the sequencer cut off from the database',
    nodes: 3,
    clients: 32,
    begin: ({ proxy }) => proxy.cut(),
    end: async ({ proxy }) => proxy.heal(),
  },
];

describeWithPostgres('several nodes on one database', () => {
  it.each(faults)('lose nothing and go on within five seconds: $name', async ({ name, nodes, clients, begin, end }) => {
    const group = await NodeGroup.start(await sharedServer(), nodes);
    try {
      const promises = await Promises.by(group.members[0]?.url ?? '');
      const load = new SteadyLoad(
        group.members.map(({ url }) => url),
        clients,
      );
      await watching(group, promises, async () => {
        await setTimeout(2000);
        const leader = await group.leader();
        const others = group.others(leader);
        const began = performance.now();
        begin(leader);
        const roles = () => Promise.all(others.map(roleOf));
        while (!(await roles()).includes('ready, sequences')) await setTimeout(10);
        const taken = performance.now() - began;
        await setTimeout(Math.max(0, 7000 - taken));
        await end(leader, group);
        await setTimeout(2000);
        await load.stop();
        const answered = load.firstAfter(
          began,
          others.map(({ url }) => url),
        );
        report.push(
          `${name}: another sequences after ${taken.toFixed(0)} ms, the first upload sent after the fault is answered after ${answered.toFixed(0)} ms`,
          `  ${load.entries.length} acknowledged, ${load.existing.length} found to be there at the second attempt, ` +
            `${load.records.filter(({ status }) => status !== 201 && status !== 409).length} refused or cut off`,
        );
        expect(taken).toBeLessThan(takeoverMs);
        expect(answered).toBeLessThan(takeoverMs);
        while ((await roleOf(leader)) !== 'ready, follows') await setTimeout(50);
      });
      await check(group, promises, load);
    } finally {
      await group.stop();
    }
  });
});

describeWithPostgres('a log that several nodes roll', () => {
  describeWithClients('and rekor-cli', () => {
    it('is one log at each of them, also after all have started again', async () => {
      const group = await NodeGroup.start(await sharedServer(), 2);
      const [folder, home] = [temporaryFolder(), temporaryFolder()];
      try {
        const shard = async ({ data, flags }: Member, ...args: string[]) =>
          JSON.parse(
            await runOk(
              process.execPath,
              ['apps/cli/bin/countersign.js', 'shard', ...args, '--data', data, ...flags, '--format', 'json'],
              { env: cleanEnvironment(folder) },
            ),
          );
        const signer = await makeSigner(folder, 'ecdsa-p256');
        const signed: string[][] = [];
        const uploadAt = async ({ url }: Member) => {
          const { artifact, signature, publicKey } = await signArtifact(folder, signer, 'key');
          const flags = ['--artifact', artifact, '--signature', signature, '--public-key', publicKey];
          expect(await rekorCli(url, home).json('upload', ...flags)).toMatchObject({ AlreadyExists: false });
          signed.push(flags);
        };
        const leader = await group.leader();
        const [follower = leader] = group.others(leader);
        for (const member of group.members) await uploadAt(member);
        await expect(shard(follower, 'roll')).rejects.toThrow(/the node that sequences; .+:\d+:[0-9a-f]{8} does now/);
        const load = new SteadyLoad(
          group.members.map(({ url }) => url),
          16,
        );
        await setTimeout(1000);
        expect(await shard(leader, 'roll')).toHaveLength(2);
        await setTimeout(1000);
        await load.stop();
        expect(load.records.filter(({ status }) => status !== 201)).toEqual([]);
        await agree(group);
        for (const member of group.members) await uploadAt(member);

        for (const { node } of group.members) expect(await node.stop()).toBe(0);
        for (const member of group.members) await group.restart(member);
        await agree(group);
        for (const member of group.members) {
          const client = rekorCli(member.url, home);
          for (const flags of signed) {
            const found = await client.json('verify', ...flags);
            expect(found.EntryUUID).toMatch(/^[0-9a-f]{80}$/);
          }
          expect(await client.text('loginfo')).toContain('Verification Successful!');
          for (const { id } of load.entries.slice(0, 50)) {
            expect((await fetch(`${member.url}/api/v1/log/entries/${id}`)).status).toBe(200);
          }
          const [flags = []] = signed;
          const { UUIDs } = await client.json('search', '--public-key', flags[5] ?? '');
          expect(UUIDs).toHaveLength(signed.length);
          expect(await shard(member, 'list')).toHaveLength(2);
          const fsck = ['apps/cli/bin/countersign.js', 'fsck', '--data', member.data, ...member.flags];
          expect(await runOk(process.execPath, fsck, { env: cleanEnvironment(folder) })).toMatch(/^sound: /);
        }
        report.push(`roll under load: ${load.entries.length} uploads at two nodes, none refused`);
      } finally {
        await group.stop();
        for (const path of [folder, home]) rmSync(path, { recursive: true });
      }
    });
  });
});
