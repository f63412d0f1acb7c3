import { equalBytes, toHex } from '@countersign/encoding';
import { CountersignError } from '@countersign/errors';
import { parseOriginV1, readCheckpoint } from '@countersign/merkle';
import type { LogInfoV1, ShardInfoV1 } from '@countersign/verify';
import type { Io } from '../io.ts';
import type { LogOptions } from '../options.ts';
import { LogSession } from '../session.ts';
import { printResult } from '../text/print-result.ts';

/** `countersign loginfo`: shows the log's state after verifying every tree, and that each extends what was seen of it. */
export async function run(options: LogOptions, io: Io): Promise<void> {
  await LogSession.with(options, io, async (log) => {
    const info = await log.client.logInfo();
    const { active, inactive } = info;
    checkSameLog(log, options.rekor_server, info);
    if (inactive.length > 0) log.note('Validating inactive shards...');
    for (const tree of inactive) await checkTree(log, tree, [tree.treeId]);
    if (inactive.length > 0) log.note('Successfully validated inactive shards');
    if (log.stored(active.treeId) === undefined) {
      log.note('No previous log state stored, unable to prove consistency');
    }
    await checkTree(log, active, [active.treeId, options.rekor_server]);
    const total = inactive.reduce((sum, tree) => sum + tree.treeSize, active.treeSize);
    const root = toHex(active.rootHash);
    printResult(io, options.format, {
      text:
        `Verification Successful!\nActive Tree Size:       ${active.treeSize}\nTotal Tree Size:        ${total}\n` +
        `Root Hash:              ${root}\nTreeID:                 ${active.treeId}\n`,
      json: { ActiveTreeSize: active.treeSize, TotalTreeSize: total, RootHash: root, TreeID: active.treeId },
    });
  });
}

async function checkTree(log: LogSession, tree: ShardInfoV1, keys: readonly string[]): Promise<void> {
  const { checkpoint } = readCheckpoint(tree.checkpoint);
  if (checkpoint.size !== tree.treeSize || !equalBytes(checkpoint.root, tree.rootHash)) {
    throw new CountersignError(
      'ERR_CHECKPOINT_INVALID',
      `tree ${tree.treeId}: its checkpoint has another size or root than the log says`,
    );
  }
  await log.checkContinuity(tree.treeId, tree.checkpoint, keys);
}

/** A log may begin a new tree, but it goes on listing those it had. */
function checkSameLog(log: LogSession, server: string, { active, inactive }: LogInfoV1): void {
  const stored = log.stored(server);
  if (stored === undefined) return;
  const { origin, size } = readCheckpoint(stored).checkpoint;
  const { treeId } = parseOriginV1(origin);
  if ([active, ...inactive].some((tree) => tree.treeId === treeId)) return;
  throw new CountersignError(
    'ERR_LOG_FORKED',
    `${server} showed tree ${treeId} of ${size} entries before; now it shows tree ${active.treeId} and no longer lists that one`,
    { details: { stored, shown: active.checkpoint } },
  );
}
