import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { fromHex } from '@countersign/encoding';
import { verifyConsistency } from '@countersign/merkle';
import { describeWithClients } from './support/clients.ts';
import { uploadMany } from './support/entries.ts';
import { countersignCli, type LogClient, rekorCli } from './support/log-client.ts';
import { type LogUnderTest, startLog, temporaryFolder } from './support/log-under-test.ts';
import { keyTypes, makeSigner, type SignedArtifact, type SignerFiles, signArtifact } from './support/material.ts';

const ID = /[0-9a-f]{80}/;
const CREATED = /^Created entry at index (\d+), available at: (http:\S+\/api\/v1\/log\/entries\/([0-9a-f]{80}))\n/;

const clients = { 'rekor-cli': rekorCli, countersign: countersignCli };
type ClientName = keyof typeof clients;
const clientNames = Object.keys(clients) as ClientName[];

interface Written extends SignedArtifact {
  readonly writer: ClientName;
  readonly id: string;
  readonly index: number;
}

const asFlags = ({ artifact, signature, publicKey }: SignedArtifact) => [
  ...['--artifact', artifact, '--signature', signature, '--public-key', publicKey],
];

describeWithClients('the command lines on one log', () => {
  const folder = temporaryFolder();
  const homes = { 'rekor-cli': temporaryFolder(), countersign: temporaryFolder() };
  const signers = new Map<string, SignerFiles>();
  const written: Written[] = [];
  let log: LogUnderTest;

  const client = (name: ClientName): LogClient => clients[name](log.url, homes[name]);
  const digestOf = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

  beforeAll(async () => {
    log = await startLog();
    for (const keyType of keyTypes) signers.set(keyType, await makeSigner(folder, keyType));
  });

  afterAll(async () => {
    await log?.close();
    for (const path of [folder, ...Object.values(homes)]) rmSync(path, { recursive: true });
  });

  /** Both command lines find the entry by artifact and accept its proof. */
  async function verifyByBoth(entry: Written): Promise<void> {
    for (const reader of clientNames) {
      const text = await client(reader).text('verify', ...asFlags(entry));
      const [computed, expected] = ['Computed', 'Expected'].map((word) =>
        new RegExp(`${word} Root Hash: (\\w+)`).exec(text),
      );
      expect(computed?.[1]).toMatch(/^[0-9a-f]{64}$/);
      expect(computed?.[1]).toBe(expected?.[1]);
      expect(text).toContain(`Entry Hash: ${entry.id.slice(16)}`);
    }
  }

  describe.each(clientNames)('%s writes', (writer) => {
    const cases = keyTypes.flatMap((keyType) => [
      { keyType, by: 'key' as const },
      { keyType, by: 'certificate' as const },
    ]);

    it.each(cases)('an upload signed with $keyType, by $by, that both read', async ({ keyType, by }) => {
      const signer = signers.get(keyType);
      if (signer === undefined) throw new Error(`no signer for ${keyType}`);
      const signed = await signArtifact(folder, signer, by);

      const [, index, location, id] = CREATED.exec(await client(writer).text('upload', ...asFlags(signed))) ?? [];
      if (location === undefined || id === undefined) throw new Error('upload did not print where the entry is');
      expect(location).toBe(`${log.url}/api/v1/log/entries/${id}`);
      const entry = { ...signed, writer, id, index: Number(index) };
      written.push(entry);

      for (const again of clientNames) {
        const text = await client(again).text('upload', ...asFlags(signed));
        expect(text).toBe(`Entry already exists; available at: ${location}\n`);
        const json = await client(again).json('upload', ...asFlags(signed));
        expect(json).toEqual({ AlreadyExists: true, Location: new URL(location).pathname, Index: 0 });
      }

      const [byRekorCli, byOurs] = await Promise.all(clientNames.map((name) => client(name).json('get', '--uuid', id)));
      expect(byRekorCli).toMatchObject({
        UUID: id,
        LogIndex: entry.index,
        Body: { HashedRekordObj: { data: { hash: { algorithm: 'sha256', value: digestOf(signed.artifact) } } } },
      });
      expect(byOurs).toEqual(byRekorCli);
      for (const reader of clientNames) {
        expect(await client(reader).json('get', '--log-index', String(index))).toEqual(byRekorCli);
      }
      await verifyByBoth(entry);
      const proven = await Promise.all(clientNames.map((name) => client(name).json('verify', ...asFlags(entry))));
      for (const json of proven) expect(json).toMatchObject({ EntryUUID: id, Index: entry.index });
    });

    it('prints a new entry as JSON', async () => {
      const [signer] = signers.values();
      if (signer === undefined) throw new Error('no signer');
      const json = await client(writer).json('upload', ...asFlags(await signArtifact(folder, signer, 'key')));
      expect(json).toEqual({
        AlreadyExists: false,
        Location: expect.stringMatching(ID),
        Index: expect.any(Number),
      });
    });

    it('proves consistency between two sizes', async () => {
      const { ActiveTreeSize: size } = await client(writer).json('loginfo');
      const { UUID } = await client(writer).json('get', '--log-index', '0');
      const { RootHash, Hashes } = await client(writer).json('logproof', '--last-size', String(size));
      const proof = { firstRoot: fromHex(UUID.slice(16)), secondRoot: fromHex(RootHash), hashes: Hashes.map(fromHex) };
      verifyConsistency({ first: 1, second: size, ...proof });
      const text = await client(writer).text('logproof', '--first-size', '1', '--last-size', String(size));
      expect(text).toContain(`Current Root Hash: ${RootHash}`);
    });
  });

  it('verifies every entry after 300 more', async () => {
    const before = await client('rekor-cli').json('loginfo');
    await client('countersign').json('loginfo');
    await uploadMany(log.url, 300);
    for (const name of clientNames) {
      expect(await client(name).json('loginfo')).toMatchObject({ ActiveTreeSize: before.ActiveTreeSize + 300 });
    }
    for (const entry of written) await verifyByBoth(entry);
  });

  it('verifies every entry, and the tree against its earlier state, after a restart', async () => {
    await log.restart();
    for (const name of clientNames) expect(await client(name).text('loginfo')).toContain('Verification Successful!');
    for (const entry of written) await verifyByBoth(entry);
  });
});
