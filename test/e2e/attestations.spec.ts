import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { ask, post } from './support/http.ts';
import { NodeProcess, type Settings, temporaryFolder } from './support/node-process.ts';
import { countersign } from './support/program.ts';

const entries = '/api/v1/log/entries';
const folder = temporaryFolder();
const path = (name: string): string => join(folder.path(), name);
jest.setTimeout(120_000);

interface Proposal {
  readonly kind: string;
  readonly spec: { readonly content: { readonly envelope: string } };
}

/** An intoto entry that upstream took, and its payload. */
function vector(name: string): { readonly proposal: Proposal; readonly payload: Buffer } {
  const file = new URL(`../../plugins/entry-dsse/vectors/intoto/accepted/${name}.json`, import.meta.url);
  const { proposal } = JSON.parse(readFileSync(file, 'utf8')) as { readonly proposal: Proposal };
  const payload = Buffer.from(JSON.parse(proposal.spec.content.envelope).payload, 'base64');
  return { proposal, payload };
}

/** A node that keeps attestations of up to `bytes`. */
const start = (data: string, bytes: number): Promise<NodeProcess> => startWith(data, { attestations: true }, bytes);
const startWith = (data: string, log: Settings, bytes: number): Promise<NodeProcess> =>
  NodeProcess.start({ data: path(data), logging: { level: 'warn' }, log, limits: { attestationBytes: bytes } });

/** Uploads; gives the entry's ID. An answer to an upload has no attestation. */
async function upload(node: NodeProcess, { proposal }: { readonly proposal: Proposal }): Promise<string> {
  const { status, headers, text } = await post(node.url, entries, proposal);
  expect({ status, text }).toEqual({ status: 201, text: expect.not.stringContaining('attestation') });
  return String(headers.etag);
}

/** What is shown beside an entry by each way of reading. */
async function shown(node: NodeProcess, id: string): Promise<Buffer | undefined> {
  const byId = Object.values((await ask(node.url, `${entries}/${id}`)).json as object)[0];
  const byIndex = Object.values((await ask(node.url, `${entries}?logIndex=${byId.logIndex}`)).json as object)[0];
  const retrieved = (await post(node.url, `${entries}/retrieve`, { entryUUIDs: [id] })).json as readonly object[];
  const all = [byId, byIndex, Object.values(retrieved[0] ?? {})[0]].map(({ attestation }) => attestation);
  expect([all[1], all[2]]).toEqual([all[0], all[0]]);
  return all[0] === undefined ? undefined : Buffer.from(all[0].data, 'base64');
}

it('keeps attestations with their entries: over a kill, a backup, and being turned off', async () => {
  const [small, large] = [vector('v1-ed25519'), vector('v1-ecdsa-p256')];
  expect(large.payload.length).toBeGreaterThan(small.payload.length);
  const first = await start('data', small.payload.length);
  const [kept, left] = [await upload(first, small), await upload(first, large)];
  const why = `the attestation of entry ${left} has ${large.payload.length} bytes, and is not kept: the limit is ${small.payload.length}`;
  await first.logged(({ level, msg }) => level === 40 && msg === why);
  expect(first.log.filter(({ level }) => level === 40)).toHaveLength(1);
  expect([await shown(first, kept), await shown(first, left)]).toEqual([small.payload, undefined]);
  await first.kill();

  const off = await startWith('data', {}, 1);
  expect(await shown(off, kept)).toBeUndefined();
  const back = await countersign('backup', '--data', path('data'), '--to', path('backup'));
  expect(back.code).toBe(0);
  expect(await off.stop()).toBe(0);
  const restored = await countersign('restore', '--from', path('backup'), '--data', path('restored'));
  expect(restored.code).toBe(0);
  expect(await countersign('fsck', '--data', path('restored'))).toMatchObject({ code: 0 });

  const readOnly = await NodeProcess.start({
    data: path('restored'),
    readOnly: true,
    logging: { level: 'warn' },
    log: { attestations: true },
  });
  expect([await shown(readOnly, kept), await shown(readOnly, left)]).toEqual([small.payload, undefined]);
  expect(await readOnly.stop()).toBe(0);
});
