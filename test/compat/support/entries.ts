import { makeProposals } from '../../../bench/src/proposals.ts';

/** An entry as the log answers it: its identifier and its fields (v1 `LogEntry`). */
export interface Entry {
  readonly id: string;
  readonly body: string;
  readonly integratedTime: number;
  readonly logIndex: number;
  readonly proof: {
    readonly checkpoint: string;
    readonly hashes: readonly string[];
    readonly logIndex: number;
    readonly rootHash: string;
    readonly treeSize: number;
  };
}

/** Reads the only entry of a v1 answer. */
export function readEntry(answer: unknown): Entry {
  const [[id, fields] = []] = Object.entries(answer as Record<string, Record<string, unknown>>);
  if (id === undefined || fields === undefined) throw new Error('the answer holds no entry');
  const { inclusionProof } = fields.verification as { inclusionProof: Entry['proof'] };
  return { id, ...(fields as unknown as Omit<Entry, 'id' | 'proof'>), proof: inclusionProof };
}

/** Uploads one proposal; gives the acknowledged entry. */
export async function upload(url: string, proposal: string): Promise<Entry> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/api/v1/log/entries`, { method: 'POST', headers, body: proposal });
  if (response.status !== 201) throw new Error(`upload answered ${response.status}: ${await response.text()}`);
  return readEntry(await response.json());
}

/** Uploads `count` different entries, 16 at a time. */
export async function uploadMany(url: string, count: number): Promise<void> {
  const proposals = makeProposals(count, 10).values();
  const worker = async () => {
    for (const proposal of proposals) await upload(url, proposal);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}
