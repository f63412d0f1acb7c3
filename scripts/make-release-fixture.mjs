// Makes the data that later releases are tested with: a log of two shards as the built code keeps it, with an entry of
// each type, and what it served of them, in test/fixtures/releases/<version>. Once for each release, before it is tagged:
//
//   npm run build && node scripts/make-release-fixture.mjs && npm run format
//
// A folder that is there already stays as it is: a fixture is what a release wrote, and is never made again.
// Exit codes: 0 made, 1 not.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { changeShards, loadConfig, startNode, version } from '../apps/node/dist/index.js';

const kept = ['log.sqlite', 'search.sqlite', 'keys', 'anchors'];
const target = join('test', 'fixtures', 'releases', version);

/** The accepted vectors of each entry type, the smallest first. */
function vectorsByType() {
  const byFolder = new Map();
  for (const name of readdirSync('plugins', { recursive: true, encoding: 'utf8' })) {
    const file = join('plugins', name);
    if (!/\/accepted\/[^/]+\.json$/.test(file)) continue;
    const { proposal } = JSON.parse(readFileSync(file, 'utf8'));
    if (proposal === undefined) continue;
    byFolder.set(dirname(file), [...(byFolder.get(dirname(file)) ?? []), { proposal, bytes: statSync(file).size }]);
  }
  return [...byFolder.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, vectors]) => vectors.sort((a, b) => a.bytes - b.bytes).map(({ proposal }) => proposal));
}

async function json(url, body) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, body === undefined ? {} : { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}

/** Uploads the smallest vector of each type that is taken now: some were signed for a time that is over. */
async function upload(url, types) {
  const entries = `${url}/api/v1/log/entries`;
  for (const proposals of types) {
    for (const proposal of proposals) if ((await json(entries, proposal)).status === 201) break;
  }
}

async function make(data) {
  const flags = { data, port: 0, publicUrl: 'https://log.example', logging: { level: 'error' } };
  const { config, folder } = await loadConfig({ flags });
  const node = await startNode(config, { folder });
  const types = vectorsByType();
  await upload(node.localUrl, types);
  await changeShards(config, 'roll with a new key', { onWarning: console.error });
  // In the new shard, too: one of them again, and others.
  await upload(node.localUrl, types.slice(0, 3));
  const entries = [];
  for (let index = 0; ; index += 1) {
    const response = await fetch(`${node.localUrl}/api/v1/log/entries?logIndex=${index}`);
    if (response.status !== 200) break;
    entries.push(await response.json());
  }
  const { body: log } = await json(`${node.localUrl}/api/v1/log`);
  await node.close();
  return { version, log, entries };
}

if (existsSync(target)) {
  console.error(`${target} is there already, and stays as it is`);
  process.exit(1);
}
const scratch = mkdtempSync(join(tmpdir(), 'countersign-fixture-'));
try {
  const data = join(scratch, 'data');
  const served = await make(data);
  mkdirSync(join(target, 'data'), { recursive: true });
  for (const name of kept) cpSync(join(data, name), join(target, 'data', name), { recursive: true });
  writeFileSync(join(target, 'served.json'), `${JSON.stringify(served, undefined, 1)}\n`);
  console.log(`${target}: ${served.entries.length} entries`);
} finally {
  rmSync(scratch, { recursive: true });
}
