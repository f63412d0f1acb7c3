import { isAddress } from '@countersign/client';
import { toHex, utf8Decode } from '@countersign/encoding';
import { CountersignError } from '@countersign/errors';
import { leafHash } from '@countersign/merkle';
import type { Io } from '../io.ts';
import type { LogOptions, UploadOptions } from '../options.ts';
import { checkArtifactOptions, makeProposal } from '../proposal.ts';
import { LogSession } from '../session.ts';
import { printResult } from '../text/print-result.ts';
import { printable } from '../text/printable.ts';
import { usage } from '../usage.ts';

/**
 * `countersign upload`: uploads an entry, then verifies what the log says became of it, for an
 * entry that existed before too: body, signed timestamp, inclusion, checkpoint, continuity.
 */
export async function run(options: LogOptions & UploadOptions, io: Io): Promise<void> {
  checkArtifactOptions(options);
  if (options.dryRun) checkOffline(options);
  await LogSession.with(options, io, async (log) => {
    const { proposal, canonical } = await makeProposal(options, log);
    if (options.dryRun) {
      showUnsent(canonical, options, io);
      return;
    }
    const added = await log.upload(proposal, options.tokenFile);
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

/** A dry run uses no network at all: what is at an address cannot be had. */
function checkOffline({ artifact, signature, publicKey = [], entry }: UploadOptions): void {
  const there = [artifact, signature, ...publicKey, entry].find((source) => source !== undefined && isAddress(source));
  if (there !== undefined) throw usage(`--dry-run uses no network: download ${there} first`);
}

/** The canonical entry as it would stand in the log, whose leaf hash is the UUID (RFC 6962 §2.1). */
function showUnsent(canonical: Uint8Array | undefined, { format }: UploadOptions & LogOptions, io: Io): void {
  if (canonical === undefined) {
    throw new CountersignError(
      'ERR_ENTRY_KIND_UNKNOWN',
      'no plugin here knows this kind of entry in this version, so nobody can say what it would be in the log',
    );
  }
  const uuid = toHex(leafHash(canonical));
  const body = utf8Decode(canonical);
  printResult(io, format, {
    text: `Nothing was sent. The log would have this entry:\nUUID: ${uuid}\nBody: ${printable(body)}\n`,
    json: { UUID: uuid, Body: JSON.parse(body) },
  });
}
