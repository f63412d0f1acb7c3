import type { Io } from '../io.ts';
import type { ArtifactOptions, LogOptions } from '../options.ts';
import { checkArtifactOptions, makeProposal } from '../proposal.ts';
import { LogSession } from '../session.ts';
import { printResult } from '../text/print-result.ts';

/**
 * `countersign upload`: uploads an entry, then verifies what the log says became of it, for an
 * entry that existed before too: body, signed timestamp, inclusion, checkpoint, continuity.
 */
export async function run(options: LogOptions & ArtifactOptions, io: Io): Promise<void> {
  checkArtifactOptions(options);
  await LogSession.with(options, io, async (log) => {
    const { proposal, canonical } = await makeProposal(options, log);
    const added = await log.client.addEntry(proposal);
    const entry = added.exists ? await log.client.entryById(added.entryId) : added.entry;
    await log.verify(entry, canonical);
    const at = `${options.rekor_server}${added.location}`;
    // rekor-cli shows index 0 for an entry that existed.
    printResult(io, options.format, {
      text: added.exists
        ? `Entry already exists; available at: ${at}\n`
        : `Created entry at index ${entry.logIndex}, available at: ${at}\n`,
      json: {
        AlreadyExists: added.exists,
        Location: added.location,
        Index: added.exists ? 0 : entry.logIndex,
      },
    });
  });
}
