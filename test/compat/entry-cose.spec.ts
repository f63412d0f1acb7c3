import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithClients, pythonPackage } from './support/clients.ts';
import { sha256 } from './support/envelopes.ts';
import { roundTrip } from './support/round-trip.ts';
import { runOk } from './support/run.ts';
import { shareLog } from './support/shared-log.ts';
import { itWithTools } from './support/tools.ts';

const pythonCwt = pythonPackage('python-cwt');
/** A tool that is not there counts as skipped. */
const itWithCwt = pythonCwt !== undefined ? itWithTools('python3', 'openssl') : it.skip;

const program = `
import sys
from cwt import COSE, COSEKey
key, algorithm, payload, aad, content_type, out = sys.argv[1:]
protected = {'content type': content_type} if content_type else {}
with open(key) as pem, open(out, 'wb') as message:
    signer = COSEKey.from_pem(pem.read(), alg=algorithm)
    cose = COSE.new(alg_auto_inclusion=True)
    message.write(cose.encode(payload.encode(), signer, protected, external_aad=aad.encode()))
`;

const statement = JSON.stringify({
  _type: 'https://in-toto.io/Statement/v0.1',
  predicateType: 'https://example.com/v1',
  subject: [{ name: 'one', digest: { sha256: '44'.repeat(32) } }],
  predicate: {},
});
const newKey = {
  ES256: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  PS256: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
} as const;

interface Case {
  readonly algorithm: keyof typeof newKey;
  readonly aad?: string;
  readonly certificate?: true;
  readonly statement?: true;
}

/** A client puts bytes into JSON as text, and each has its way with those that are none. */
const asText = (text: string): string => text.replace(/\ufffd+/g, '\ufffd');

const cases: readonly Case[] = [
  { algorithm: 'ES256' },
  { algorithm: 'ES256', aad: 'beside it' },
  { algorithm: 'ES256', certificate: true },
  { algorithm: 'ES256', statement: true },
  { algorithm: 'PS256' },
  { algorithm: 'PS256', aad: 'beside it' },
];

describeWithClients('cose', () => {
  const log = shareLog({ COUNTERSIGN_LOG_ATTESTATIONS: 'true' });

  for (const one of cases) {
    itWithCwt(`${JSON.stringify(one)}: uploads, finds, verifies, and has its message again`, async () => {
      const { algorithm, aad = '', certificate, statement: stated } = one;
      const path = (
        (folder) => (name: string) =>
          join(folder, name)
      )(log.newFolder());
      const payload = stated ? statement : `signed with ${algorithm}, "${aad}" beside it\n`;
      const type = stated ? 'application/vnd.in-toto+json' : '';
      const publicKey = path(certificate ? 'crt.pem' : 'pub.pem');
      await runOk('openssl', ['genpkey', ...newKey[algorithm], '-out', path('key.pem')]);
      await runOk('openssl', ['pkey', '-in', path('key.pem'), '-pubout', '-out', path('pub.pem')]);
      await runOk('openssl', [
        ...['req', '-x509', '-new', '-key', path('key.pem'), '-days', '2', '-out', path('crt.pem')],
        ...['-subj', '/CN=me', '-addext', 'subjectAltName=email:cose@example.com'],
      ]);
      const artifact = path('message.cose');
      await runOk('python3', ['-c', program, path('key.pem'), algorithm, payload, aad, type, artifact], {
        env: { PYTHONPATH: pythonCwt ?? '', PATH: process.env.PATH ?? '' },
      });
      const key = ['--public-key', publicKey, '--pki-format', 'x509'];
      const flags = ['--type', 'cose', '--artifact', artifact, ...key];
      if (aad !== '') flags.push('--aad', Buffer.from(aad).toString('base64'));
      const id = await roundTrip(log.both, flags, {
        body: { CoseObj: { data: { payloadHash: { algorithm: 'sha256', value: sha256(payload) } } } },
        foundBy: [
          ['--artifact', artifact],
          ['--sha', sha256(payload)],
          key,
          ...(certificate ? [['--email', 'cose@example.com']] : []),
          ...(stated ? [['--sha', '44'.repeat(32)]] : []),
        ],
      });
      for (const client of log.both) {
        const { Attestation } = await client.json('get', '--uuid', id);
        expect(asText(Attestation)).toBe(asText(readFileSync(artifact, 'utf8')));
      }
    });
  }
});
