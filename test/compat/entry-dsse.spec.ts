import { readFileSync, writeFileSync } from 'node:fs';
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
import { roundTrip } from './support/round-trip.ts';
import { cleanEnvironment, run, runOk } from './support/run.ts';
import { shareLog } from './support/shared-log.ts';

const inToto = 'application/vnd.in-toto+json';

interface Case {
  readonly what: string;
  readonly signers: readonly EnvelopeKeyType[];
  readonly by?: 'publicKey' | 'certificate';
  readonly payloadType?: string;
  readonly payload?: string;
}

const cases: readonly Case[] = [
  { what: 'one ECDSA key', signers: ['ecdsa'] },
  { what: 'one RSA key', signers: ['rsa'] },
  { what: 'one Ed25519 key', signers: ['ed25519'] },
  { what: 'two keys', signers: ['ecdsa', 'rsa'] },
  {
    what: 'three keys, an attestation',
    signers: ['ecdsa', 'rsa', 'ed25519'],
    payloadType: inToto,
    payload: provenance,
  },
  { what: 'three certificates', signers: ['ed25519', 'ecdsa', 'rsa'], by: 'certificate' },
  { what: 'a type that is not ASCII', signers: ['ecdsa'], payloadType: 'text/plain; é漢😀' },
];

describeWithClients('dsse', () => {
  const log = shareLog();
  let folder: string;
  const path = (name: string) => join(folder, name);

  beforeEach(() => {
    folder = log.newFolder();
  });

  it.each(cases)('$what: uploads, finds again, shows and verifies', async (one) => {
    const { what, signers, by = 'publicKey', payloadType = 'text/plain', payload = `${what}\n` } = one;
    const made = await Promise.all(signers.map((type) => makeEnvelopeSigner(folder, type)));
    const artifact = path('envelope.json');
    writeEnvelope(artifact, payloadType, payload, made);
    const keys = made.flatMap((signer) => ['--public-key', signer[by]]);
    const flags = ['--type', 'dsse', '--pki-format', 'x509', '--artifact', artifact, ...keys];
    await roundTrip(log.both, flags, {
      body: { DSSEObj: { signatures: signers.map(() => ({})) } },
      // Keys are in upstream's index in another spelling than clients ask for.
      foundBy: [
        ['--artifact', artifact],
        ['--sha', sha256(payload)],
        ...(payloadType === inToto ? provenanceDigests.map((digest) => ['--sha', digest]) : []),
        ...(by === 'certificate' ? [['--email', 'signer@example.com']] : []),
      ],
    });
  });

  it('an envelope that lacks the key of one signature: neither client uploads it', async () => {
    const made = await Promise.all((['ecdsa', 'rsa'] as const).map((type) => makeEnvelopeSigner(folder, type)));
    writeEnvelope(path('partly.json'), 'text/plain', 'x', made);
    const flags = ['--type', 'dsse', '--artifact', path('partly.json'), '--public-key', made[0]?.publicKey ?? ''];
    for (const client of log.both) expect((await client.run('upload', ...flags)).code).not.toBe(0);
  });

  it('cosign attest-blob logs its attestation here, and verifies the bundle', async () => {
    const options = { env: cleanEnvironment(folder), cwd: folder };
    const cosign = (...args: string[]) => runOk(clientProgram('cosign'), args, options);
    const start = 'start-time=2024-01-01T00:00:00Z';
    writeFileSync(path('log.pub'), await (await fetch(`${log.url}/api/v1/log/publicKey`)).text());
    writeFileSync(path('blob'), 'a blob\n');
    writeFileSync(path('predicate'), JSON.stringify(JSON.parse(provenance).predicate));
    await cosign(
      ...['signing-config', 'create', '--rekor-config', 'ANY', '--out', 'signing-config.json'],
      ...['--rekor', `url=${log.url},api-version=1,${start},operator=example.com`],
    );
    const instance = `url=${log.url},public-key=log.pub,${start}`;
    await cosign('trusted-root', 'create', '--rekor', instance, '--out', 'trusted-root.json');
    const { privateKeyFile } = await makeEnvelopeSigner(folder, 'ecdsa');
    await cosign('import-key-pair', '--yes', '--key', privateKeyFile, '--output-key-prefix', 'cosign');
    const trust = ['--trusted-root', 'trusted-root.json'];
    await cosign(
      ...['attest-blob', '--yes', '--key', 'cosign.key', '--predicate', 'predicate', '--type', 'slsaprovenance02'],
      ...['--signing-config', 'signing-config.json', ...trust, '--bundle', 'bundle.json', 'blob'],
    );
    const bundle = JSON.parse(readFileSync(path('bundle.json'), 'utf8'));
    expect(bundle.verificationMaterial.tlogEntries).toMatchObject([
      { kindVersion: { kind: 'dsse', version: '0.0.1' } },
    ]);
    const verify = (type: string) =>
      run(
        clientProgram('cosign'),
        [
          ...['verify-blob-attestation', '--key', 'cosign.pub', ...trust, '--bundle', 'bundle.json'],
          ...['--type', type, 'blob'],
        ],
        options,
      );
    expect((await verify('slsaprovenance02')).code).toBe(0);
    expect((await verify('spdx')).code).not.toBe(0);
  });
});
