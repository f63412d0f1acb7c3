import { join } from 'node:path';
import { describeWithClients } from './support/clients.ts';
import { type EnvelopeKeyType, makeEnvelopeSigner, provenance, writeEnvelope } from './support/envelopes.ts';
import { roundTrip } from './support/round-trip.ts';
import { shareLog } from './support/shared-log.ts';

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
  const log = shareLog();

  it.each(cases)('$type, $what: uploads, finds again, shows and verifies', async ({
    type,
    signers,
    by = 'publicKey',
  }) => {
    const folder = log.newFolder();
    const made = await Promise.all(signers.map((keyType) => makeEnvelopeSigner(folder, keyType)));
    const artifact = join(folder, 'envelope.json');
    writeEnvelope(artifact, 'application/vnd.in-toto+json', provenance, made);
    const keys = made.flatMap((signer) => ['--public-key', signer[by]]);
    const flags = ['--type', type, '--pki-format', 'x509', '--artifact', artifact, ...keys];
    await roundTrip(log.both, flags, {
      body: { IntotoObj: { content: { payloadHash: { algorithm: 'sha256' } } } },
      // Without a version rekor-cli uploads the newest, but sends no kind to verify it.
      toVerify: (client) => (client === log.upstream && type === 'intoto' ? ['--type', 'intoto:0.0.2'] : []),
    });
  });
});
