import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, HeadObjectCommand, PutBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3';
import { uploadMany } from './support/entries.ts';
import { temporaryFolder } from './support/log-under-test.ts';
import { freePort, type NodeOptions, NodeProcess } from './support/node-process.ts';
import { run, runOk } from './support/run.ts';
import {
  bucketCredentials,
  buildTileReader,
  examineTree,
  hasTileTools,
  type PublishedTree,
  readTree,
  type Served,
  serveFolder,
  startBuckets,
} from './support/tile-tools.ts';

(hasTileTools() ? describe : describe.skip)('a log that publishes to a folder and to a bucket', () => {
  const folder = temporaryFolder();
  const at = (...names: string[]): string => join(folder, ...names);
  const s3: { bucket: string; prefix: string; endpoint: string } = { bucket: 'tiles', prefix: 'a/log', endpoint: '' };
  /** Paths of checkpoints that readers kept, by tree. */
  const kept = new Map<string, string[]>();
  let options: NodeOptions;
  let reader: string;
  let bucketPort: number;
  let buckets: Served;
  let files: Served;
  let client: S3Client;
  let node: NodeProcess;

  beforeAll(async () => {
    reader = await buildTileReader(folder);
    bucketPort = await freePort();
    buckets = await startBuckets(at('buckets'), bucketPort);
    s3.endpoint = buckets.url;
    client = new S3Client({
      endpoint: buckets.url,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: {
        accessKeyId: bucketCredentials.AWS_ACCESS_KEY_ID,
        secretAccessKey: bucketCredentials.AWS_SECRET_ACCESS_KEY,
      },
    });
    await client.send(new CreateBucketCommand({ Bucket: s3.bucket }));
    const Statement = ['s3:GetObject', 's3:ListBucket'].map((Action) => ({
      ...{ Effect: 'Allow', Principal: '*', Action },
      Resource: `arn:aws:s3:::${s3.bucket}${Action === 's3:GetObject' ? '/*' : ''}`,
    }));
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
    await client.send(new PutBucketPolicyCommand({ Bucket: s3.bucket, Policy }));
    const config = { log: { publish: { directory: at('public'), s3 } }, limits: { publishIntervalMs: 100 } };
    writeFileSync(at('node.yaml'), JSON.stringify(config));
    files = await serveFolder(at('public'));
    options = {
      data: at('data'),
      port: await freePort(),
      flags: ['--config', at('node.yaml')],
      env: bucketCredentials,
    };
    node = await NodeProcess.start(options);
  });

  afterAll(async () => {
    await node?.stop();
    await files?.stop();
    await buckets?.stop();
    client?.destroy();
    rmSync(folder, { recursive: true });
  });

  /** Resolves once neither place is behind. */
  async function caughtUp(): Promise<void> {
    const behind = /^countersign_publish_behind_entries\{to="\w+"\} 0$/gm;
    while ((await (await fetch(`${node.url}/metrics`)).text()).match(behind)?.length !== 2) await keepCheckpoints();
  }

  /** Keeps what is published at this moment, as a reader would. */
  async function keepCheckpoints(): Promise<void> {
    for (const treeId of readdirSync(at('public'))) {
      const text = await (await fetch(`${files.url}/${treeId}/checkpoint`)).text();
      const paths = kept.get(treeId) ?? [];
      if (paths.some((path) => readFileSync(path, 'utf8') === text)) continue;
      const path = at(`${treeId}.${paths.length}.checkpoint`);
      writeFileSync(path, text);
      kept.set(treeId, [...paths, path]);
    }
  }

  /** The tree that has full tiles. */
  function larger(): string {
    return readdirSync(at('public')).find((treeId) => existsSync(at('public', treeId, 'tile', '1'))) ?? '';
  }

  /** Every tree, in both places. */
  async function published(): Promise<PublishedTree[]> {
    const trees: PublishedTree[] = [];
    for (const treeId of readdirSync(at('public'))) {
      const key = at(`${treeId}.pem`);
      writeFileSync(key, await (await fetch(`${node.url}/api/v1/log/publicKey?treeID=${treeId}`)).text());
      for (const url of [files.url, `${s3.endpoint}/${s3.bucket}/${s3.prefix}`]) {
        trees.push({ url: `${url}/${treeId}`, name: '127.0.0.1', treeId, key });
      }
    }
    return trees;
  }

  async function checkAll(): Promise<string[]> {
    const said: string[] = [];
    for (const tree of await published()) {
      said.push(await readTree(reader, tree, kept.get(tree.treeId) ?? []));
      const { code, stderr } = await examineTree(tree, folder);
      expect([code, stderr]).toEqual([0, expect.not.stringMatching(/fail|error|invalid/i)]);
    }
    return said;
  }

  it('is verified, entry by entry, by readers that are not ours', async () => {
    for (const count of [3, 200, 60, 300]) {
      await uploadMany(node.url, count);
      await caughtUp();
      await keepCheckpoints();
    }
    const said = await checkAll();
    expect(said).toHaveLength(2);
    for (const line of said) {
      const [, entries, older] = /^verified (\d+) entries, (\d+) older/.exec(line) ?? [];
      expect(Number(entries)).toBe(564);
      expect(Number(older)).toBeGreaterThanOrEqual(4);
    }
  });

  it('goes on when the bucket was away, when the shard is rolled, and when the node is killed', async () => {
    await buckets.stop();
    await uploadMany(node.url, 20);
    await runOk(process.execPath, ['apps/cli/bin/countersign.js', 'shard', 'roll', '--data', options.data]);
    await uploadMany(node.url, 20);
    buckets = await startBuckets(at('buckets'), bucketPort);
    await node.kill();
    node = await NodeProcess.start(options);
    await uploadMany(node.url, 10);
    await caughtUp();
    const said = (await checkAll()).map((line) => line.replace(/,.*\n/, ''));
    expect(said.sort()).toEqual([
      'verified 31 entries',
      'verified 31 entries',
      'verified 584 entries',
      'verified 584 entries',
    ]);
  });

  it('tells caches what never changes and what soon does', async () => {
    const treeId = larger();
    const headers = async (name: string) => {
      const Key = `${s3.prefix}/${treeId}/${name}`;
      const { CacheControl, ContentType } = await client.send(new HeadObjectCommand({ Bucket: s3.bucket, Key }));
      return [CacheControl, ContentType];
    };
    expect(await headers('checkpoint')).toEqual(['public, max-age=1', 'text/plain; charset=utf-8']);
    for (const level of ['0', 'entries']) {
      expect(await headers(`tile/${level}/000`)).toEqual([
        'public, max-age=31536000, immutable',
        'application/octet-stream',
      ]);
    }
  });

  it('would be found out if a bit were another', async () => {
    cpSync(at('public'), at('spoiled'), { recursive: true });
    const tree = (await published()).find(({ treeId }) => treeId === larger());
    if (tree === undefined) throw new Error('no tree');
    const spoiled = await serveFolder(at('spoiled'));
    try {
      const bundle = at('spoiled', tree.treeId, 'tile', 'entries', '000');
      const bytes = readFileSync(bundle);
      bytes[100] = (bytes[100] ?? 0) ^ 1;
      writeFileSync(bundle, bytes);
      const other = { ...tree, url: `${spoiled.url}/${tree.treeId}` };
      expect((await run(reader, [other.url, other.name, other.key])).code).toBe(1);
    } finally {
      await spoiled.stop();
    }
  });
});
