import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithClients } from './support/clients.ts';
import { type EnvelopeKeyType, makeEnvelopeSigner, provenance, writeEnvelope } from './support/envelopes.ts';
import { countersignCli, type LogClient, rekorCli } from './support/log-client.ts';
import { type LogUnderTest, startLog, temporaryFolder } from './support/log-under-test.ts';

interface Case {
  readonly what: string;
  readonly type: 'intoto' | 'intoto:0.0.1' | 'intoto:0.0.2';
  readonly signers: readonly EnvelopeKeyType[];
  readonly by?: 'publicKey' | 'certificate';
}

const cases: readonly Case[] = [
  { what: 'no version named', type: 'intoto', signers: ['ecdsa'] },
  { what: 'ECDSA', type: 'intoto:0.0.1', signers: ['ecdsa'] },
  { what: 'RSA', type: 'intoto:0.0.1', signers: ['rsa'] },
  { what: 'Ed25519', type: 'intoto:0.0.1', signers: ['ed25519'] },
  { what: 'a certificate', type: 'intoto:0.0.1', signers: ['ecdsa'], by: 'certificate' },
  { what: 'ECDSA', type: 'intoto:0.0.2', signers: ['ecdsa'] },
  { what: 'three keys', type: 'intoto:0.0.2', signers: ['rsa', 'ed25519', 'ecdsa'] },
  { what: 'three certificates', type: 'intoto:0.0.2', signers: ['ecdsa', 'rsa', 'ed25519'], by: 'certificate' },
];

describeWithClients('intoto', () => {
  const folder = temporaryFolder();
  const homes = [temporaryFolder(), temporaryFolder()] as const;
  let log: LogUnderTest;
  let clients: readonly [LogClient, LogClient];

  beforeAll(async () => {
    log = await startLog();
    clients = [rekorCli(log.url, homes[0]), countersignCli(log.url, homes[1])];
  });

  afterAll(async () => {
    await log?.close();
    for (const one of [folder, ...homes]) rmSync(one, { recursive: true });
  });

  it.each(cases)('$type, $what: uploads, finds again, shows and verifies', async ({
    type,
    signers,
    by = 'publicKey',
  }) => {
    const made = await Promise.all(signers.map((keyType) => makeEnvelopeSigner(folder, keyType)));
    const artifact = join(folder, 'envelope.json');
    writeEnvelope(artifact, 'application/vnd.in-toto+json', provenance, made);
    const keys = made.flatMap((signer) => ['--public-key', signer[by]]);
    const flags = ['--type', type, '--pki-format', 'x509', '--artifact', artifact, ...keys];
    const [upstream] = clients;

    const created = await upstream.text('upload', ...flags);
    const [, id] = /^Created entry at index \d+, available at: \S+\/([0-9a-f]{80})\n/.exec(created) ?? [];
    expect(id).toBeDefined();
    for (const client of clients) {
      expect(await client.text('upload', ...flags)).toMatch(
        new RegExp(`^Entry already exists; available at: \\S+/${id}\n`),
      );
      // Without a version rekor-cli uploads the newest, but sends no kind to verify it.
      const named = client === upstream && type === 'intoto' ? ['--type', 'intoto:0.0.2'] : [];
      expect(await client.text('verify', ...flags, ...named)).toContain(`Entry Hash: ${id?.slice(16)}`);
      const { Body } = await client.json('get', '--uuid', String(id));
      expect(Body.IntotoObj.content.payloadHash.algorithm).toBe('sha256');
      expect(await client.text('loginfo')).toContain('Verification Successful!');
    }
  });
});
