import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { ask, post } from './support/http.ts';
import { NodeProcess, temporaryFolder } from './support/node-process.ts';
import { propose } from './support/proposal.ts';

const program = new URL('../../apps/cli/bin/countersign.js', import.meta.url).pathname;
const folder = temporaryFolder();
const path = (...names: string[]): string => join(folder.path(), ...names);
jest.setTimeout(60_000);

const settings = () => ({
  data: path('data'),
  log: { publish: { directory: path('public') } },
  limits: { publishIntervalMs: 100 },
});

let node: NodeProcess;
// One that a failed case left behind, too.
afterEach(() => node.kill());

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** RFC 6962 §2.1, by the letter. */
function rootOf(hashes: readonly Buffer[]): Buffer {
  if (hashes.length <= 1) return hashes[0] ?? sha256();
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return sha256(Buffer.of(1), rootOf(hashes.slice(0, split)), rootOf(hashes.slice(split)));
}

/** The published trees of less than 256 entries, each root computed from its entries: tree id to size. */
function published(): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const treeId of existsSync(path('public')) ? readdirSync(path('public')) : []) {
    const file = (name: string): Buffer => readFileSync(path('public', treeId, name));
    if (!existsSync(path('public', treeId, 'checkpoint'))) continue;
    const [, size, root = ''] = file('checkpoint').toString().split('\n');
    const hashes: Buffer[] = [];
    const bundle = file(`tile/entries/000.p/${size}`);
    for (let at = 0; at < bundle.length; at += 2 + bundle.readUInt16BE(at)) {
      hashes.push(sha256(Buffer.of(0), bundle.subarray(at + 2, at + 2 + bundle.readUInt16BE(at))));
    }
    expect(hashes).toHaveLength(Number(size));
    expect(Buffer.concat(hashes).equals(file(`tile/0/000.p/${size}`))).toBe(true);
    expect(rootOf(hashes).toString('base64')).toBe(root);
    sizes.set(treeId, Number(size));
  }
  return sizes;
}

async function add(node: NodeProcess, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    expect((await post(node.url, '/api/v1/log/entries', propose(`${n}`))).status).toBe(201);
  }
}

interface Shard {
  readonly treeID: string;
  readonly treeSize: number;
}

const sizesOf = async (node: NodeProcess): Promise<Map<string, number>> => {
  const { json } = await ask(node.url, '/api/v1/log');
  const info = json as Shard & { readonly inactiveShards?: readonly Shard[] };
  return new Map([...(info.inactiveShards ?? []), info].map(({ treeID, treeSize }) => [treeID, treeSize]));
};

const metric = async (node: NodeProcess, name: string): Promise<number> => {
  const { text } = await ask(node.url, '/metrics');
  return Number(new RegExp(`^countersign_${name}\\{to="directory"\\} (\\S+)$`, 'm').exec(text)?.[1]);
};

/** Resolves once this is so. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise(setImmediate);
}

it('publishes every shard behind the log, over a roll, kills and a stop', async () => {
  node = await NodeProcess.start(settings());
  await add(node, 3);
  await until(async () => (await metric(node, 'publish_behind_entries')) === 0);
  expect(published()).toEqual(await sizesOf(node));
  for (let round = 0; round < 2; round += 1) {
    const before = published();
    await add(node, 5);
    await node.kill();
    // Whatever it was at: what is there can be verified, and has not shrunk.
    for (const [treeId, size] of published()) expect(size).toBeGreaterThanOrEqual(before.get(treeId) ?? 0);
    node = await NodeProcess.start(settings());
  }
  execFileSync(process.execPath, [program, 'shard', 'roll', '--data', path('data')]);
  await add(node, 2);
  const sizes = await sizesOf(node);
  expect(sizes.size).toBe(2);
  expect(await node.stop()).toBe(0);
  // What was accepted last is published before it ends.
  expect(published()).toEqual(sizes);
});

it('goes on without a place to publish to, says so, and catches up', async () => {
  renameSync(path('public'), path('away'));
  writeFileSync(path('public'), 'a file in the way');
  node = await NodeProcess.start(settings());
  await add(node, 3);
  await until(async () => (await metric(node, 'publish_failures')) > 1);
  expect(await metric(node, 'published_size')).toBe(0);
  await node.logged(({ msg }) => String(msg).includes('cannot publish shard'));
  renameSync(path('public'), path('file'));
  renameSync(path('away'), path('public'));
  await until(async () => (await metric(node, 'publish_behind_entries')) === 0);
  expect(published()).toEqual(await sizesOf(node));
  await node.stop();
});

it('writes nothing over what another log has published', async () => {
  const other = { ...settings(), data: path('other') };
  node = await NodeProcess.start(other);
  const [treeId = ''] = (await sizesOf(node)).keys();
  await node.stop();
  const [foreign = ''] = [...published().keys()].filter((id) => id !== treeId);
  const contents = readFileSync(path('public', foreign, 'checkpoint'));
  writeFileSync(path('public', treeId, 'checkpoint'), contents);
  node = await NodeProcess.start(other);
  await node.logged(({ msg }) => String(msg).includes('is no checkpoint of this shard'));
  await add(node, 1);
  await node.stop();
  expect(readFileSync(path('public', treeId, 'checkpoint')).equals(contents)).toBe(true);
});
