import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeProposals } from '../../bench/src/proposals.ts';
import { missingForUpstream, startUpstream } from '../../bench/src/upstream.ts';
import { clientProgram, describeWithClients } from './support/clients.ts';
import { type Entry, readEntry, send } from './support/entries.ts';
import { rekorCli } from './support/log-client.ts';
import { temporaryFolder } from './support/log-under-test.ts';
import { makeSigner, type SignedArtifact, signArtifact } from './support/material.ts';
import { freePort, NodeProcess } from './support/node-process.ts';
import { cleanEnvironment, runOk } from './support/run.ts';

const missing = missingForUpstream();
if (missing.length > 0) {
  process.stderr.write(
    `compat: import of upstream's log skipped, not installed: ${missing.join(', ')}. Run node scripts/install-clients.mjs --upstream; MariaDB is Debian's mariadb-server\n`,
  );
}
/** How many entries upstream's log has before it is adopted, but for those that the clients upload. */
const entriesBefore = 1_996;
const START = 'start-time=2024-01-01T00:00:00Z';

interface Vector {
  readonly proposal: object;
  readonly indexKeys: readonly string[];
}

/** Entries of every type that upstream takes. */
const vectors = readdirSync('plugins', { recursive: true, encoding: 'utf8' })
  .filter((path) => /^entry-[^/]+\/vectors\/(?:.*\/)?accepted\/.*\.json$/.test(path))
  .map((path): [string, Vector] => [path, JSON.parse(readFileSync(join('plugins', path), 'utf8'))]);

/** As many different proposals of four kinds in turn, signed on the spot by one key. */
function makeMixed(count: number): string[] {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const base64 = (data: string | Uint8Array) => Buffer.from(data).toString('base64');
  const key = base64(publicKey.export({ type: 'spki', format: 'pem' }));
  const envelope = () => {
    const payload = randomBytes(40).toString('hex');
    const sig = sign('sha256', Buffer.from(`DSSEv1 10 text/plain ${payload.length} ${payload}`), privateKey);
    return JSON.stringify({ payloadType: 'text/plain', payload: base64(payload), signatures: [{ sig: base64(sig) }] });
  };
  const makers: readonly (() => object)[] = [
    () => {
      const content = randomBytes(100);
      const signature = { format: 'x509', content: base64(sign('sha256', content, privateKey)) };
      const spec = { data: { content: base64(content) }, signature: { ...signature, publicKey: { content: key } } };
      return { apiVersion: '0.0.1', kind: 'rekord', spec };
    },
    () => ({
      apiVersion: '0.0.1',
      kind: 'dsse',
      spec: { proposedContent: { envelope: envelope(), verifiers: [key] } },
    }),
    () => ({
      apiVersion: '0.0.1',
      kind: 'intoto',
      spec: { content: { envelope: envelope() }, publicKey: key },
    }),
  ];
  const digests = makeProposals(count, 3);
  return digests.map((proposal, at) => {
    const make = makers[at % (makers.length + 1)];
    return make === undefined ? proposal : JSON.stringify(make());
  });
}

/** Up to ten entries, by index. */
async function entriesAt(url: string, indexes: readonly number[]): Promise<Entry[]> {
  const response = await fetch(`${url}/api/v1/log/entries/retrieve`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ logIndexes: indexes }),
  });
  return ((await response.json()) as unknown[]).map(readEntry).sort((a, b) => a.logIndex - b.logIndex);
}

async function allEntries(url: string, count: number): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (let at = 0; at < count; at += 10) {
    const indexes = Array.from({ length: Math.min(10, count - at) }, (_, offset) => at + offset);
    entries.push(...(await entriesAt(url, indexes)));
  }
  return entries;
}

async function search(url: string, query: object): Promise<string[]> {
  const headers = { 'content-type': 'application/json', connection: 'close' };
  const response = await fetch(`${url}/api/v1/index/retrieve`, {
    method: 'POST',
    headers,
    body: JSON.stringify(query),
  });
  return ((await response.json()) as string[]).sort();
}

/** What is the same in every answer: the SET is made anew. */
const lasting = ({ signedEntryTimestamp, proof: { checkpoint, ...proof }, ...entry }: Entry) => ({ ...entry, proof });

(missing.length === 0 ? describeWithClients : describe.skip)("upstream's log, adopted", () => {
  const [folder, data, servers] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
  const path = (name: string) => join(folder, name);
  const signed: (SignedArtifact & { readonly id: string })[] = [];
  const shown = new Map<string, unknown>();
  const found = new Map<string, string[]>();
  let before: Entry[];
  let size: number;
  let stopUpstream: (() => Promise<void>) | undefined;
  let node: NodeProcess | undefined;

  const flags = ({ artifact, signature, publicKey }: SignedArtifact) => [
    ...['--artifact', artifact, '--signature', signature, '--public-key', publicKey],
  ];
  const cosign = (...args: string[]) =>
    runOk(clientProgram('cosign'), args, { env: cleanEnvironment(folder), cwd: folder });
  const trust = ['--trusted-root', 'trusted-root.json'];
  const searches: readonly object[] = vectors.flatMap(([path, { indexKeys }]) =>
    // What is only in an attestation, or in a payload, is not in the log.
    /^entry-(?:dsse|cose)\//.test(path)
      ? []
      : indexKeys.filter((key) => /^sha(?:1|256|512):[0-9a-f]+$/.test(key)).map((hash) => ({ hash })),
  );

  beforeAll(async () => {
    for (const home of ['upstream', 'ours']) mkdirSync(path(home));
    const { privateKey } = await makeSigner(folder, 'ecdsa-p256');
    const upstream = await startUpstream(servers, privateKey);
    stopUpstream = () => upstream.stop();
    const cli = rekorCli(upstream.url, path('upstream'));
    const treeSize = async () =>
      ((await (await fetch(`${upstream.url}/api/v1/log`)).json()) as { treeSize: number }).treeSize;
    const uploadAll = async (proposals: IterableIterator<string>) => {
      for (const proposal of proposals) await (await send(upstream.url, proposal)).arrayBuffer();
    };
    const inParallel = (proposals: readonly string[]) => {
      const queue = proposals.values();
      return Promise.all(Array.from({ length: 32 }, () => uploadAll(queue)));
    };
    await inParallel(vectors.map(([, { proposal }]) => JSON.stringify(proposal)));
    await inParallel(makeMixed(entriesBefore - (await treeSize())));
    const signer = await makeSigner(folder, 'rsa-2048');
    for (let count = 0; count < 3; count += 1) {
      const one = await signArtifact(folder, signer, 'key');
      const { Location } = await cli.json('upload', ...flags(one));
      signed.push({ ...one, id: Location.split('/').at(-1) });
    }
    writeFileSync(path('artifact'), randomBytes(100));
    writeFileSync(path('log.pub'), await (await fetch(`${upstream.url}/api/v1/log/publicKey`)).text());
    const service = `url=${upstream.url},api-version=1,${START},operator=example.com`;
    await cosign('signing-config', 'create', '--rekor', service, '--rekor-config', 'ANY', '--out', 'config.json');
    const instance = `url=${upstream.url},public-key=log.pub,${START}`;
    await cosign('trusted-root', 'create', '--rekor', instance, '--out', 'trusted-root.json');
    await cosign('import-key-pair', '--key', 'rsa-2048.key.pem', '--output-key-prefix', 'signer');
    const config = ['--signing-config', 'config.json', ...trust];
    await cosign('sign-blob', '--yes', '--key', 'signer.key', ...config, '--bundle', 'bundle.json', 'artifact');

    size = await treeSize();
    before = await allEntries(upstream.url, size);
    for (let at = 0; at < size; at += 23) {
      const id = before[at]?.id ?? '';
      shown.set(id, await cli.json('get', '--uuid', id));
    }
    for (const query of searches) found.set(JSON.stringify(query), await search(upstream.url, query));

    const command = ['apps/cli/bin/countersign.js', 'import', 'rekor', '--from', upstream.url, '--data', data];
    const started = performance.now();
    await runOk(process.execPath, [...command, '--key', privateKey], { env: cleanEnvironment(folder) });
    process.stderr.write(
      `compat: ${size} entries of upstream adopted in ${Math.round(performance.now() - started)} ms\n`,
    );
    await upstream.stop();
    stopUpstream = undefined;
    node = await NodeProcess.start({ data, port: await freePort() });
  });

  afterAll(async () => {
    await stopUpstream?.();
    await node?.stop();
    for (const one of [folder, data, servers]) rmSync(one, { recursive: true, force: true });
  });

  it('has every entry where it was: id, bytes, time, indexes and proof', async () => {
    expect(size).toBe(entriesBefore + 4);
    const after = await allEntries(node?.url ?? '', size);
    expect(after.map(lasting)).toEqual(before.map(lasting));
  });

  it('is got and verified by the ids and artifacts of before, with the state of before', async () => {
    // The state file of the same log under another address.
    const cli = rekorCli(node?.url ?? '', path('upstream'));
    expect(await cli.text('loginfo')).toContain('Verification Successful!');
    for (const [id, expected] of shown) {
      const { Attestation, AttestationType, ...entry } = expected as Record<string, unknown>;
      expect(await cli.json('get', '--uuid', id)).toMatchObject(entry);
      expect(await cli.text('verify', '--uuid', id)).toContain(`Entry Hash: ${id.slice(16)}`);
    }
    for (const one of signed) {
      expect(await cli.json('verify', ...flags(one))).toMatchObject({ EntryUUID: one.id });
      const { UUIDs } = await cli.json('search', '--artifact', one.artifact);
      expect(UUIDs).toEqual([one.id]);
    }
  });

  it('is searched with the same results, but for what statements are about', async () => {
    const differences: unknown[] = [];
    for (const query of searches) {
      const expected = found.get(JSON.stringify(query)) ?? [];
      const here = await search(node?.url ?? '', query);
      const lacking = expected.filter((id) => !here.includes(id));
      const kinds = lacking.map((id) => {
        const entry = before.find((one) => one.id === id);
        return (JSON.parse(Buffer.from(entry?.body ?? '', 'base64').toString()) as { kind: string }).kind;
      });
      const more = here.filter((id) => !expected.includes(id));
      if (more.length > 0 || kinds.some((kind) => !['dsse', 'intoto', 'cose'].includes(kind))) {
        differences.push({ query, kinds, more });
      }
    }
    expect(differences).toEqual([]);
  });

  it('goes on: an upload follows the last one, and an equal one is known', async () => {
    const url = node?.url ?? '';
    const cli = rekorCli(url, path('upstream'));
    for (const one of signed) expect(await cli.json('upload', ...flags(one))).toMatchObject({ AlreadyExists: true });
    const { privateKey, publicKey, certificate } = await makeSigner(folder, 'rsa-2048');
    const next = await signArtifact(folder, { privateKey, publicKey, certificate }, 'key');
    expect(await cli.json('upload', ...flags(next))).toMatchObject({ AlreadyExists: false, Index: size });
    expect(await cli.text('loginfo')).toContain('Verification Successful!');
  });

  it('vouches for the bundles that cosign made before', async () => {
    writeFileSync(path('now.pub'), await (await fetch(`${node?.url}/api/v1/log/publicKey`)).text());
    const instance = `url=${node?.url},public-key=now.pub,${START}`;
    await cosign('trusted-root', 'create', '--rekor', instance, '--out', 'now.json');
    const verify = ['verify-blob', '--key', 'signer.pub', '--bundle', 'bundle.json'];
    await cosign(...verify, '--trusted-root', 'now.json', 'artifact');
  });
});
