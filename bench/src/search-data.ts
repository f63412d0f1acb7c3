import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type LogSetup, openLog } from '@countersign/log';
import { AnchorFile, openSqliteStorage } from '@countersign/tree';

/** Entries, of three index keys each: a million rows. */
export const searchEntries = 333_334;
const signers = 1_000;
/** Appends under way at once: as many as one commit takes. */
const atOnce = 256;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The keys of entry `n`, as a hashedrekord over a certificate has them. */
export function keysOf(n: number): readonly [key: string, email: string, digest: string] {
  const signer = n % signers;
  return [sha256(`key ${signer}`), `signer-${signer}@example.com`, `sha256:${sha256(`artifact ${n}`)}`];
}

/** An entry as admission would pass it on, which is left out: nothing here is signed. */
function canonicalEntry(n: number) {
  const [, , digest] = keysOf(n);
  const body = Buffer.from(
    JSON.stringify({ apiVersion: '0.0.1', kind: 'filler', spec: { digest, pad: 'x'.repeat(700) } }),
  );
  return { kind: 'filler', apiVersion: '0.0.1', body, indexKeys: keysOf(n), verifiers: [] };
}

const noIndex = {
  state: { covered: 0, indexed: 0, total: 0, failures: 0 },
  follow: () => undefined,
  committed: () => undefined,
  find: () => ({ leaves: [], next: undefined }),
};

/** Appends {@link searchEntries} entries to the log in `data` by the log's own path, without HTTP and admission. */
export async function fillLog(data: string): Promise<void> {
  const storage = await openSqliteStorage(join(data, 'log.sqlite'));
  const setup: LogSetup = {
    storage,
    keyFolder: join(data, 'keys'),
    anchor: ({ id }) => new AnchorFile(data, id, { warn: () => undefined }),
    clock: Date.now,
    hostname: '127.0.0.1',
    admit: async (proposal) => canonicalEntry(Number(Buffer.from(proposal).toString())),
    entryZero: true,
    openIndex: async () => noIndex,
  };
  const log = await openLog(setup);
  let next = 0;
  const append = async (): Promise<void> => {
    for (let n = next++; n < searchEntries; n = next++) await log.service.add(Buffer.from(String(n)));
  };
  await Promise.all(Array.from({ length: atOnce }, append));
  await log.close();
  await storage.close();
}
