import type { PkiSignature, PluginApi } from '@countersign/plugin-api';
import { type Checksum, readChecksums } from './checksums.ts';
import { limits } from './limits.ts';

const begin = Buffer.from('-----BEGIN PGP SIGNED MESSAGE-----');

/** A provenance file in its parts. */
export interface Provenance {
  readonly signature: PkiSignature;
  /** What was signed: the only part of the file that is read. */
  readonly message: Uint8Array;
  /** The chart: the first of the files that are named. Helm names one. */
  readonly chart: Checksum;
}

/**
 * Takes a provenance file apart (helm's "Provenance and Integrity"): clearsigned text of two YAML documents, Chart.yaml
 * and the checksums, with a line `...` between them. It is not verified here.
 *
 * @throws `ERR_MALFORMED`, `ERR_ENTRY_INVALID`, `ERR_TOO_LARGE`, and what the PKI format `pgp` refuses
 */
export async function readProvenance(file: Uint8Array, api: PluginApi): Promise<Provenance> {
  const malformed = (problem: string, cause?: unknown) =>
    api.errors.refuse('ERR_MALFORMED', `malformed helm provenance: ${problem}`, cause);
  if (file.length === 0) throw malformed('provenance file contains no content');
  if (file.length > limits.provenanceBytes) {
    throw api.errors.refuse('ERR_TOO_LARGE', `helm provenance of over ${limits.provenanceBytes} bytes`);
  }
  const isClearsigned = Buffer.compare(file.subarray(0, begin.length), begin) === 0;
  const signature = isClearsigned ? await api.pki.get('pgp').parseSignature(file) : undefined;
  const message = signature?.message;
  if (signature === undefined || message === undefined) {
    throw malformed('it is not clearsigned text. It stands beside the chart, as .prov');
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(message);
  } catch (cause) {
    throw malformed('it is not UTF-8', cause);
  }
  const lines = text.split('\r\n');
  const separator = lines.indexOf('...', 1);
  if (separator === -1 || separator === lines.length - 1) throw malformed('message block must have at least two parts');
  const rest = lines.slice(separator + 1);
  const end = rest.indexOf('...', 1);
  const [chart] = readChecksums(end === -1 || end === rest.length - 1 ? rest : rest.slice(0, end), api);
  return { signature, message, chart };
}
