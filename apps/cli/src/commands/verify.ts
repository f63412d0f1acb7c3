import { toHex } from '@countersign/encoding';
import { CountersignError } from '@countersign/errors';
import { type LogEntryV1, parseEntryId, sameEntry } from '@countersign/verify';
import type { Io } from '../io.ts';
import type { ArtifactOptions, EntryOptions, LogOptions } from '../options.ts';
import { checkArtifactOptions, makeProposal } from '../proposal.ts';
import { LogSession } from '../session.ts';
import { readBody } from '../text/entry-body.ts';
import { printResult } from '../text/print-result.ts';
import { printable } from '../text/printable.ts';
import { proofText } from '../text/proof-text.ts';
import { usage } from '../usage.ts';

type Options = LogOptions & ArtifactOptions & EntryOptions;

/**
 * `countersign verify`: finds an entry by what it is about, by id or by index, and verifies it.
 * Found by artifact, signature and key, the canonical entry is made again here and must be the
 * logged one byte for byte.
 */
export async function run(options: Options, io: Io): Promise<void> {
  checkOptions(options);
  await LogSession.with(options, io, async (log) => {
    const { entry, canonical } = await find(options, log);
    await log.verify(entry, canonical);
    const proof = entry.inclusionProof;
    printResult(io, options.format, {
      text: `${proven(entry, options, canonical !== undefined)}\n${proofText(entry)}`,
      json: {
        RootHash: toHex(proof.rootHash),
        EntryUUID: entry.id,
        Index: proof.logIndex,
        Size: proof.treeSize,
        Hashes: proof.hashes.map((hash) => toHex(hash)),
        Checkpoint: proof.checkpoint,
      },
    });
  });
}

function checkOptions(options: Options): void {
  const { uuid, logIndex, artifact, artifactHash, entry, signature, publicKey = [] } = options;
  const about = artifact ?? artifactHash ?? entry ?? signature ?? publicKey[0];
  if (uuid === undefined && logIndex === undefined) {
    checkArtifactOptions(options);
    return;
  }
  if (uuid !== undefined && logIndex !== undefined) throw usage('--uuid and --log-index cannot be used together');
  if (about !== undefined) {
    const name = uuid === undefined ? '--log-index' : '--uuid';
    throw usage(`${name} names the entry: it takes no artifact, signature, key or entry beside it`);
  }
}

async function find(
  options: Options,
  log: LogSession,
): Promise<{ readonly entry: LogEntryV1; readonly canonical: Uint8Array | undefined }> {
  const { uuid, logIndex } = options;
  if (uuid !== undefined) {
    const entry = oneOf(await log.client.retrieve({ entryUUIDs: [uuid] }));
    if (!sameEntry(parseEntryId(uuid), parseEntryId(entry.id))) throw another(`entry ${uuid}`, entry.id);
    return { entry, canonical: undefined };
  }
  if (logIndex !== undefined) {
    const entry = oneOf(await log.client.retrieve({ logIndexes: [logIndex] }));
    if (entry.logIndex !== logIndex) throw another(`index ${logIndex}`, `index ${entry.logIndex}`);
    return { entry, canonical: undefined };
  }
  const { proposal, canonical } = await makeProposal(options, log);
  if (canonical === undefined) {
    throw new CountersignError(
      'ERR_ENTRY_KIND_UNKNOWN',
      'no plugin here knows this kind of entry, so it cannot be compared; --uuid verifies its inclusion alone',
    );
  }
  const entry = oneOf(await log.client.retrieve({ entries: [proposal] }));
  return { entry, canonical };
}

function oneOf(entries: readonly LogEntryV1[]): LogEntryV1 {
  const [entry] = entries;
  if (entry === undefined) throw new CountersignError('ERR_ENTRY_NOT_FOUND', 'entry in log cannot be located');
  if (entries.length > 1) throw another('one entry', `${entries.length}`);
  return entry;
}

function another(asked: string, answered: string): CountersignError {
  return new CountersignError('ERR_ENTRY_MISMATCH', `asked for ${asked}, the log answered with ${answered}`);
}

/** The first line: what was proven, with whose key, and what was not. */
function proven(entry: LogEntryV1, { rekor_server_public_key, entry: about }: Options, compared: boolean): string {
  const { kind, apiVersion } = readBody(entry.body);
  const trust = rekor_server_public_key === undefined ? 'the key the log serves' : 'the given key of the log';
  const given = about === undefined ? 'the entry of the given artifact, signature and key' : 'the given entry';
  const compare = compared ? `it is ${given}` : 'it was not compared with any artifact';
  const text = `Verified with ${trust}: the log includes this entry (${kind} ${apiVersion}) at index ${entry.logIndex}; ${compare}.`;
  return printable(text);
}
