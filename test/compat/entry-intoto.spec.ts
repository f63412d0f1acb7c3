import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientProgram, describeWithClients } from './support/clients.ts';
import {
  type EnvelopeKeyType,
  makeEnvelopeSigner,
  provenance,
  provenanceDigests,
  sha256,
  writeEnvelope,
} from './support/envelopes.ts';
import { roundTrip, upload } from './support/round-trip.ts';
import { cleanEnvironment, runOk } from './support/run.ts';
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
  const log = shareLog({ COUNTERSIGN_LOG_ATTESTATIONS: 'true', COUNTERSIGN_LIMITS_ATTESTATION_BYTES: '1000' });

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
    const id = await roundTrip(log.both, flags, {
      body: { IntotoObj: { content: { payloadHash: { algorithm: 'sha256' } } } },
      // Keys are in upstream's index in another spelling than clients ask for.
      foundBy: [
        ['--sha', sha256(provenance)],
        ...provenanceDigests.map((digest) => ['--sha', digest]),
        ...(by === 'certificate' ? [['--email', 'signer@example.com']] : []),
      ],
      // Without a version rekor-cli uploads the newest, but sends no kind to verify it.
      toVerify: (client) => (client === log.upstream && type === 'intoto' ? ['--type', 'intoto:0.0.2'] : []),
    });
    for (const client of log.both) {
      expect((await client.json('get', '--uuid', id)).Attestation).toBe(provenance);
      expect(await client.text('get', '--uuid', id)).toContain(`\nAttestation: ${provenance}\n`);
    }
  });

  it.each([999, 1000, 1001])('shows a payload of %i bytes again when the log keeps up to 1000', async (length) => {
    const folder = log.newFolder();
    const signer = await makeEnvelopeSigner(folder, 'ecdsa');
    const artifact = join(folder, 'envelope.json');
    const payload = 'a'.repeat(length);
    writeEnvelope(artifact, 'text/plain', payload, [signer]);
    const flags = ['--type', 'intoto:0.0.2', '--pki-format', 'x509', '--artifact', artifact];
    const id = await upload(log.upstream, [...flags, '--public-key', signer.publicKey]);
    const shown = await log.upstream.json('get', '--uuid', id);
    expect(shown.Attestation).toBe(length > 1000 ? '' : payload);
  });

  // What cosign itself logs is dsse, even when it is asked for intoto: the envelope is its own, the upload is not.
  it.each([
    'intoto:0.0.1',
    'intoto:0.0.2',
  ])('%s, an attestation of cosign: uploads, finds again and verifies', async (type) => {
    const folder = log.newFolder();
    const cosign = (...args: string[]) =>
      runOk(clientProgram('cosign'), args, { env: cleanEnvironment(folder), cwd: folder });
    const { privateKeyFile, publicKey } = await makeEnvelopeSigner(folder, 'ecdsa');
    const blob = join(folder, 'blob');
    const predicate = join(folder, 'predicate');
    const artifact = join(folder, 'envelope.json');
    writeFileSync(blob, `attested as ${type}\n`);
    writeFileSync(predicate, JSON.stringify(JSON.parse(provenance).predicate));
    await cosign('import-key-pair', '--yes', '--key', privateKeyFile, '--output-key-prefix', 'me');
    const envelope = await cosign(
      ...['attest-blob', '--yes', '--key', 'me.key', '--predicate', predicate, '--type', 'slsaprovenance02'],
      ...['--use-signing-config=false', '--new-bundle-format=false', '--tlog-upload=false', blob],
    );
    writeFileSync(artifact, envelope);
    const payload = Buffer.from(JSON.parse(envelope).payload, 'base64');
    await roundTrip(log.both, ['--type', type, '--artifact', artifact, '--public-key', publicKey], {
      body: { IntotoObj: { content: { payloadHash: { algorithm: 'sha256', value: sha256(payload) } } } },
      foundBy: [
        ['--artifact', blob],
        ['--sha', sha256(payload)],
      ],
    });
  });
});
