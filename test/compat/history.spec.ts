import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithClients } from './support/clients.ts';
import { uploadMany } from './support/entries.ts';
import { countersignCli, type LogClient, rekorCli } from './support/log-client.ts';
import { temporaryFolder } from './support/log-under-test.ts';
import { freePort, NodeProcess } from './support/node-process.ts';

const FORKED = 4;
const SHRUNK = 5;

/** A node whose data folder a test takes away and puts back. */
class Subject {
  readonly folder = temporaryFolder();
  readonly data = join(this.folder, 'data');
  readonly backup = join(this.folder, 'backup');
  private node: NodeProcess | undefined;

  private constructor(private readonly port: number) {}

  static async create(): Promise<Subject> {
    const subject = new Subject(await freePort());
    await subject.start();
    return subject;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    this.node = await NodeProcess.start({ data: this.data, port: this.port });
  }

  /** Runs `change` on the data folder while the node is down. */
  async whileDown(change: () => void): Promise<void> {
    await this.node?.stop();
    change();
    await this.start();
  }

  async backUp(): Promise<void> {
    await this.whileDown(() => cpSync(this.data, this.backup, { recursive: true }));
  }

  async rollBack(): Promise<void> {
    await this.whileDown(() => {
      rmSync(this.data, { recursive: true });
      cpSync(this.backup, this.data, { recursive: true });
    });
  }

  async close(): Promise<void> {
    await this.node?.stop();
    rmSync(this.folder, { recursive: true });
  }
}

describeWithClients('a log that takes back what it showed', () => {
  let subject: Subject;
  /** Both command lines share this home, and so the state file. */
  let home: string;
  let ours: LogClient;
  let theirs: LogClient;

  beforeEach(async () => {
    subject = await Subject.create();
    home = temporaryFolder();
    ours = countersignCli(subject.url, home);
    theirs = rekorCli(subject.url, home);
    await uploadMany(subject.url, 20);
    await subject.backUp();
    await uploadMany(subject.url, 10);
  });

  afterEach(async () => {
    await subject.close();
    rmSync(home, { recursive: true });
  });

  const state = () => readFileSync(join(home, '.rekor', 'state.json'), 'utf8');

  it.each([
    ['rekor-cli', () => theirs],
    ['countersign', () => ours],
  ])('is caught when it shrinks, by the state that %s stored', async (_, writer) => {
    await writer().text('loginfo');
    const before = state();
    await subject.rollBack();

    const { code, stderr } = await ours.run('loginfo');
    expect(code).toBe(SHRUNK);
    expect(stderr).toMatch(/smaller/);
    expect((await theirs.run('loginfo')).code).not.toBe(0);
    expect(state()).toBe(before);
  });

  it.each([
    ['rekor-cli', () => theirs],
    ['countersign', () => ours],
  ])('is caught when it forks, by the state that %s stored', async (_, writer) => {
    await writer().text('loginfo');
    const before = state();
    await subject.rollBack();
    await uploadMany(subject.url, 30);

    const { code, stderr } = await ours.run('loginfo');
    expect(code).toBe(FORKED);
    expect(stderr).toMatch(/fork|histor/);
    expect((await theirs.run('loginfo')).code).not.toBe(0);
    expect(state()).toBe(before);
  });

  it('is caught when another tree takes its place', async () => {
    await ours.text('loginfo');
    await subject.whileDown(() => rmSync(subject.data, { recursive: true }));
    expect((await ours.run('loginfo')).code).toBe(FORKED);
  });

  it('passes while it only grows, each command line going on from what the other stored', async () => {
    for (const client of [ours, theirs, ours, theirs]) {
      const before = await client.json('loginfo');
      await uploadMany(subject.url, 5);
      expect((await client.json('loginfo')).ActiveTreeSize).toBe(before.ActiveTreeSize + 5);
      expect(state()).toContain(`\\n${before.ActiveTreeSize + 5}\\n`);
    }
  });
});
