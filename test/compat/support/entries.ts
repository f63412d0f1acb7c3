import { makeProposals } from '../../../bench/src/proposals.ts';

/** An entry as the log answers it: its identifier and its fields (v1 `LogEntry`). */
export interface Entry {
  /** 80 hex digits. */
  readonly id: string;
  /** Base64. */
  readonly body: string;
  readonly integratedTime: number;
  readonly logID: string;
  readonly logIndex: number;
  /** Base64. */
  readonly signedEntryTimestamp: string;
  readonly proof: {
    readonly checkpoint: string;
    readonly hashes: readonly string[];
    readonly logIndex: number;
    readonly rootHash: string;
    readonly treeSize: number;
  };
}

type Fields = Omit<Entry, 'id' | 'proof' | 'signedEntryTimestamp'> & {
  readonly verification: { readonly inclusionProof: Entry['proof']; readonly signedEntryTimestamp: string };
};

/** Reads the only entry of a v1 answer. */
export function readEntry(answer: unknown): Entry {
  const [[id, fields] = []] = Object.entries(answer as Record<string, Fields>);
  if (id === undefined || fields === undefined) throw new Error('the answer holds no entry');
  const { verification, ...rest } = fields;
  return { id, ...rest, signedEntryTimestamp: verification.signedEntryTimestamp, proof: verification.inclusionProof };
}

/** Sends one proposal, whatever the log answers. */
export function send(url: string, proposal: string): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(`${url}/api/v1/log/entries`, { method: 'POST', headers, body: proposal });
}

/** Uploads one proposal; gives the acknowledged entry. */
export async function upload(url: string, proposal: string): Promise<Entry> {
  const response = await send(url, proposal);
  if (response.status !== 201) throw new Error(`upload answered ${response.status}: ${await response.text()}`);
  return readEntry(await response.json());
}

/** Uploads `count` different entries, 16 at a time; gives them as they were acknowledged. */
export async function uploadMany(url: string, count: number): Promise<Entry[]> {
  const proposals = makeProposals(count, 10).values();
  const entries: Entry[] = [];
  const worker = async () => {
    for (const proposal of proposals) entries.push(await upload(url, proposal));
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  return entries;
}
