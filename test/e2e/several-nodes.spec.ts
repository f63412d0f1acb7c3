import { cpSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { describeWithPostgres, sharedServer } from '../../libs/tree/test/postgres-fixture.ts';
import { ask, post } from './support/http.ts';
import { NodeProcess, temporaryFolder } from './support/node-process.ts';
import { propose } from './support/proposal.ts';

const entries = '/api/v1/log/entries';
const folder = temporaryFolder();

const role = async ({ url }: NodeProcess) => (await ask(url, '/readyz')).text.trim();
const metric = async ({ url }: NodeProcess, name: string) =>
  Number((await ask(url, '/metrics')).text.match(new RegExp(`^${name} (\\S+)$`, 'm'))?.[1]);

/** Asks until the answer is as it should be: what one node answers, another shows a moment later. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await setTimeout(20);
}

// Nine starts, on a machine that may be busy.
jest.setTimeout(240_000);

describeWithPostgres('two nodes on one database', () => {
  let database: string;
  let nodes: NodeProcess[];
  const data = (at: number) => `${folder.path()}/${at}`;
  const start = (at: number) => NodeProcess.start({ data: data(at), database });

  beforeAll(async () => {
    const server = await sharedServer();
    database = server.url(await server.createDatabase());
    const first = await start(0);
    cpSync(`${data(0)}/keys`, `${data(1)}/keys`, { recursive: true });
    nodes = [first, await start(1)];
  });
  afterAll(async () => {
    for (const node of nodes) await node.kill();
  });

  it('take uploads, and one of them sequences, which both say', async () => {
    const [first, second] = nodes as [NodeProcess, NodeProcess];
    expect([await role(first), await role(second)]).toEqual(['ready, sequences', 'ready, follows']);
    expect(await Promise.all(nodes.map((node) => metric(node, 'countersign_sequencer')))).toEqual([1, 0]);
    expect(await metric(first, 'countersign_follower_lag_seconds')).toBe(0);
    expect([first.created.length > 0, second.created.filter((what) => !what.startsWith('data folder'))]).toEqual([
      true,
      [],
    ]);
    for (const [at, node] of nodes.entries()) {
      const proposal = propose(`upload ${at}`);
      const { status, headers } = await post(node.url, entries, proposal);
      expect(status).toBe(201);
      const location = String(headers.location);
      for (const other of nodes) await until(async () => (await ask(other.url, location)).status === 200);
      expect(await post(nodes[1 - at]?.url ?? '', entries, proposal)).toMatchObject({
        status: 409,
        headers: { location },
      });
      // The index of each node is fed by what it follows.
      const { hash } = proposal.spec.data;
      for (const other of nodes) {
        const found = await post(other.url, '/api/v1/index/retrieve', { hash: `sha256:${hash.value}` });
        expect(found.json).toEqual([location.split('/').at(-1)]);
      }
    }
  });

  it('refuse a third without the keys, and one that has a log of its own', async () => {
    await expect(start(2)).rejects.toMatchObject({ code: 'ERR_SIGNER', message: expect.stringContaining('copy') });
    const own = await NodeProcess.start({ data: data(3) });
    expect(await role(own)).toBe('ready');
    await own.stop();
    await expect(start(3)).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
  });

  it('go on when the one that sequences is killed, and when it is stopped', async () => {
    for (const end of ['kill', 'stop'] as const) {
      const roles = await Promise.all(nodes.map(role));
      const at = roles.indexOf('ready, sequences');
      await nodes[at]?.[end]();
      const left = nodes[1 - at] as NodeProcess;
      const began = performance.now();
      expect((await post(left.url, entries, propose(`after ${end}`))).status).toBe(201);
      expect(performance.now() - began).toBeLessThan(5000);
      expect(await role(left)).toBe('ready, sequences');
      nodes[at] = await start(at);
      const sizes = await Promise.all(nodes.map(async ({ url }) => (await ask(url, '/api/v1/log')).json));
      expect(sizes[0]).toEqual(sizes[1]);
    }
  });
});
