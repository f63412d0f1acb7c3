// Appends to the tree in a folder, or in a PostgreSQL database with its anchor in the folder, with sixteen writers, and
// writes a line about every entry that was acknowledged.
//   node append-until-killed.js FOLDER RUN [URL]
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { AnchorFile, lockDataFolder, openPostgresStorage, openSqliteStorage, Tree } from '@countersign/tree';

const [folder, run, url] = process.argv.slice(2);
lockDataFolder(folder);
const storage = await (url ? openPostgresStorage({ url }) : openSqliteStorage(join(folder, 'log.db')));
// Under the name of the process before, which is dead.
if (url) await storage.takeLease('test');
const [shard] = await storage.shards();

const seal = (body) => createHash('sha256').update('secret').update(body).digest('base64');

async function signCheckpoint(size, root) {
  const body = `${shard.origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`;
  return `${body}\n— log.test ${seal(body)}\n`;
}

function readCheckpoint(checkpoint) {
  const [, size, root] = checkpoint.split('\n');
  return { size: Number(size), root: Buffer.from(root, 'base64') };
}

const anchor = new AnchorFile(folder, shard.id, {
  warn: (message) => process.stderr.write(`${message}\n`),
  intervalMs: 0,
});
const tree = await Tree.open({ storage, shard, signCheckpoint, readCheckpoint, anchor, clock: Date.now });

async function write(writer) {
  for (let n = 0; ; n += 1) {
    const data = `run ${run} writer ${writer} leaf ${n}`;
    const bytes = new TextEncoder().encode(data);
    const { index, integratedTime, snapshot } = await tree.append({ data: bytes, attachment: bytes });
    writeSync(1, `${JSON.stringify({ data, index, integratedTime, checkpoint: snapshot.checkpoint })}\n`);
  }
}

for (let writer = 0; writer < 16; writer += 1) void write(writer);
