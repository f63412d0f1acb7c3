import { toBase64 } from '@countersign/encoding';
import type { LogEntryV1 } from '@countersign/verify';
import type { Io } from '../io.ts';
import type { EntryOptions, LogOptions } from '../options.ts';
import { LogSession } from '../session.ts';
import { type EntryBody, readBody, wrapBody } from '../text/entry-body.ts';
import { goJson } from '../text/go-json.ts';
import { printResult } from '../text/print-result.ts';
import { printable } from '../text/printable.ts';
import { usage } from '../usage.ts';

/** `countersign get`: shows an entry after verifying all the log promises of it. */
export async function run(options: LogOptions & EntryOptions, io: Io): Promise<void> {
  const { uuid, logIndex } = options;
  if (uuid === undefined && logIndex === undefined) throw usage('either --uuid or --log-index must be specified');
  if (uuid !== undefined && logIndex !== undefined) throw usage('--uuid and --log-index cannot be used together');
  await LogSession.with(options, io, async (log) => {
    const entry = uuid === undefined ? await log.client.entryByIndex(logIndex ?? 0) : await log.client.entryById(uuid);
    await log.verify(entry);
    const body = readBody(entry.body);
    const result = {
      Attestation: entry.attestation === undefined ? '' : Buffer.from(entry.attestation).toString('utf8'),
      AttestationType: '',
      Body: wrapBody(body),
      LogIndex: entry.logIndex,
      IntegratedTime: entry.integratedTime,
      UUID: entry.id,
      LogID: entry.logId,
    };
    printResult(io, options.format, { text: entryText(result), json: result, tle: protobufEntry(entry, body) });
  });
}

function entryText(result: {
  readonly LogID: string;
  readonly Attestation: string;
  readonly LogIndex: number;
  readonly IntegratedTime: number;
  readonly UUID: string;
  readonly Body: unknown;
}): string {
  const { LogID, Attestation, LogIndex, IntegratedTime, UUID, Body } = result;
  const time = new Date(IntegratedTime * 1000).toISOString().replace('.000Z', 'Z');
  const attestation = Attestation === '' ? '' : `Attestation: ${printable(Attestation)}\n`;
  const body = printable(goJson(Body, 2));
  return `LogID: ${LogID}\n${attestation}Index: ${LogIndex}\nIntegratedTime: ${time}\nUUID: ${UUID}\nBody: ${body}\n\n`;
}

/** A `TransparencyLogEntry` of Sigstore's protobuf-specs as JSON. Zeros are written, as not every reader fills them in. */
function protobufEntry(entry: LogEntryV1, { kind, apiVersion }: EntryBody): unknown {
  const proof = entry.inclusionProof;
  return {
    logIndex: `${entry.logIndex}`,
    logId: { keyId: Buffer.from(entry.logId, 'hex').toString('base64') },
    kindVersion: { kind, version: apiVersion },
    integratedTime: `${entry.integratedTime}`,
    inclusionPromise: { signedEntryTimestamp: toBase64(entry.signedEntryTimestamp) },
    inclusionProof: {
      logIndex: `${proof.logIndex}`,
      rootHash: toBase64(proof.rootHash),
      treeSize: `${proof.treeSize}`,
      hashes: proof.hashes.map((hash) => toBase64(hash)),
      checkpoint: { envelope: proof.checkpoint },
    },
    canonicalizedBody: toBase64(entry.body),
  };
}
