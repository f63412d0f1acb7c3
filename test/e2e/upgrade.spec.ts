import { chmodSync, cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromHex } from '@countersign/encoding';
import { parseCheckpoint, parseNote, verifyConsistency } from '@countersign/merkle';
import { examineData } from '@countersign/node';
import { checkEntry, type Entry, entryOf } from './support/entry.ts';
import { ask, post } from './support/http.ts';
import { NodeProcess, temporaryFolder } from './support/node-process.ts';
import { propose } from './support/proposal.ts';

const fixtures = 'test/fixtures/releases';
const entries = '/api/v1/log/entries';
const folder = temporaryFolder();

interface Tree {
  readonly treeID: string;
  readonly treeSize: number;
  readonly rootHash: string;
  readonly signedTreeHead: string;
}

type LogInfo = Tree & { readonly inactiveShards: readonly Tree[] };

/** What a release served, before it was stopped. */
interface Served {
  readonly version: string;
  readonly log: LogInfo;
  /** By index. */
  readonly entries: readonly object[];
}

const treeOf = ({ id }: Entry): string => BigInt(`0x${id.slice(0, 16)}`).toString();
const treesOf = ({ inactiveShards, ...active }: LogInfo): readonly Tree[] => [...inactiveShards, active];

/** A copy of a release's data; git keeps no modes. */
function copied(release: string): string {
  const data = join(folder.path(), release);
  cpSync(join(fixtures, release, 'data'), data, { recursive: true });
  chmodSync(data, 0o700);
  for (const name of readdirSync(join(data, 'keys'))) chmodSync(join(data, 'keys', name), 0o600);
  return data;
}

const releases = readdirSync(fixtures, { withFileTypes: true }).filter((entry) => entry.isDirectory());

it.each(releases.map(({ name }) => name))('opens, serves and continues what release %s wrote', async (release) => {
  const served: Served = JSON.parse(readFileSync(join(fixtures, release, 'served.json'), 'utf8'));
  expect(served.version).toBe(release);
  const before = served.entries.map(entryOf);
  const data = copied(release);
  // Before anything is migrated: a backup of that release is examined as it is.
  expect(await examineData({ data })).toMatchObject({ complete: true, entries: before.length, findings: [] });

  const node = await NodeProcess.start({ data, logging: { level: 'warn' } });
  const keys = new Map<string, string>();
  for (const { treeID } of treesOf(served.log)) {
    keys.set(treeID, (await ask(node.url, `/api/v1/log/publicKey?treeID=${treeID}`)).text);
  }
  const check = (entry: Entry): void => checkEntry(entry, keys.get(treeOf(entry)) ?? '');
  before.forEach(check);

  // The same log, with the same checkpoints, and nothing made again.
  expect(node.created).toEqual([]);
  expect((await ask(node.url, '/api/v1/log')).json).toEqual(served.log);
  for (const { verification: _, ...entry } of before) {
    const now = entryOf((await ask(node.url, `${entries}?logIndex=${entry.logIndex}`)).json);
    expect(now).toMatchObject(entry);
    check(now);
    expect(entryOf((await ask(node.url, `${entries}/${entry.id}`)).json)).toMatchObject(entry);
  }

  // It goes on from there, and finds old and new.
  const added = entryOf((await post(node.url, entries, propose(`after ${release}`))).json);
  expect(added.logIndex).toBe(before.length);
  check(added);
  const { json } = await ask(node.url, '/api/v1/log');
  const now = json as LogInfo;
  expect(now.inactiveShards).toEqual(served.log.inactiveShards);
  const then = parseCheckpoint(parseNote(served.log.signedTreeHead).text);
  const proof = await ask(node.url, `/api/v1/log/proof?firstSize=${then.size}&lastSize=${now.treeSize}`);
  const { hashes } = proof.json as { readonly hashes: readonly string[] };
  verifyConsistency({
    first: then.size,
    second: now.treeSize,
    firstRoot: then.root,
    secondRoot: fromHex(now.rootHash),
    hashes: hashes.map(fromHex),
  });
  const search = await ask(node.url, '/api/v1/index/search?prefix=sha256:');
  const found = (search.json as { readonly entries: readonly { readonly logIndex: number }[] }).entries;
  expect(found.map(({ logIndex }) => logIndex)).toEqual(expect.arrayContaining([1, added.logIndex]));
  expect(search.json).toMatchObject({ treeSize: before.length + 1, indexedTo: before.length + 1 });

  expect(await node.stop()).toBe(0);
  expect(node.log).toEqual([]);
  expect(await examineData({ data })).toMatchObject({ complete: true, entries: before.length + 1, findings: [] });
});
