import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { PostgresServer } from '../../../libs/tree/test/postgres-server.ts';
import { CutProxy } from './cut-proxy.ts';
import { temporaryFolder } from './log-under-test.ts';
import { freePort, NodeProcess } from './node-process.ts';

/** One node of a group, with a cable of its own to the database. */
export interface Member {
  readonly data: string;
  readonly port: number;
  readonly proxy: CutProxy;
  readonly url: string;
  readonly flags: readonly string[];
  node: NodeProcess;
}

/** Nodes on one database. */
export class NodeGroup {
  readonly members: Member[] = [];

  static async start(server: PostgresServer, count: number): Promise<NodeGroup> {
    const group = new NodeGroup();
    const database = await server.createDatabase();
    for (let at = 0; at < count; at += 1) {
      const [data, port, proxy] = [temporaryFolder(), await freePort(), await CutProxy.start(server.port)];
      const flags = ['--database', server.url(database, proxy.port)];
      const [first] = group.members;
      if (first !== undefined) cpSync(join(first.data, 'keys'), join(data, 'keys'), { recursive: true });
      const node = await NodeProcess.start({ data, port, flags });
      group.members.push({ data, port, proxy, flags, url: node.url, node });
    }
    return group;
  }

  /** The member that sequences. */
  async leader(): Promise<Member> {
    for (;;) {
      for (const member of this.members) if ((await roleOf(member)) === 'ready, sequences') return member;
      await setTimeout(20);
    }
  }

  others(than: Member): readonly Member[] {
    return this.members.filter((member) => member !== than);
  }

  /** Starts a member that was stopped or killed. */
  async restart(member: Member): Promise<void> {
    member.node = await NodeProcess.start(member);
  }

  async stop(): Promise<void> {
    for (const { node, proxy, data } of this.members) {
      proxy.heal();
      node.signal('SIGCONT');
      await node.kill();
      await proxy.stop();
      rmSync(data, { recursive: true });
    }
  }
}

/** What a node says about itself at `/readyz`; undefined when it does not answer. */
export async function roleOf({ url }: Pick<Member, 'url'>): Promise<string | undefined> {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(500) });
    return (await response.text()).trim();
  } catch {
    return undefined;
  }
}
