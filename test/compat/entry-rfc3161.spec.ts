import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithClients } from './support/clients.ts';
import { roundTrip } from './support/round-trip.ts';
import { runOk } from './support/run.ts';
import { shareLog } from './support/shared-log.ts';
import { itWithTools } from './support/tools.ts';

/** A tool that is not there counts as skipped. */
const itWithOpenssl = itWithTools('openssl');

const configuration = `
[tsa]
default_tsa = authority
[authority]
serial = $ENV::FOLDER/serial
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
signer_digest = sha256
ess_cert_id_alg = sha256
`;

/** A response of openssl's timestamp authority, with a key made on the spot. */
async function stamp(folder: string, newKey: readonly string[], ...query: string[]): Promise<string> {
  const at = (name: string) => join(folder, name);
  const options = { env: { PATH: process.env.PATH ?? '', FOLDER: folder } };
  writeFileSync(at('tsa.cnf'), configuration);
  writeFileSync(at('serial'), '01\n');
  writeFileSync(at('data'), 'stamped\n');
  await runOk('openssl', [
    ...['req', '-x509', '-newkey', ...newKey, '-nodes', '-keyout', at('key.pem'), '-out', at('crt.pem')],
    ...['-days', '2', '-subj', '/CN=authority', '-addext', 'extendedKeyUsage=critical,timeStamping'],
  ]);
  await runOk('openssl', ['ts', '-query', '-data', at('data'), '-cert', ...query, '-out', at('query.tsq')]);
  await runOk(
    'openssl',
    [
      ...['ts', '-reply', '-config', at('tsa.cnf'), '-queryfile', at('query.tsq'), '-signer', at('crt.pem')],
      ...['-inkey', at('key.pem'), '-out', at('response.tsr')],
    ],
    options,
  );
  return at('response.tsr');
}

describeWithClients('rfc3161', () => {
  const log = shareLog();

  for (const { what, key, query } of [
    { what: 'RSA', key: ['rsa:2048'], query: ['-sha256'] },
    { what: 'ECDSA, no nonce', key: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], query: ['-sha512', '-no_nonce'] },
    { what: 'P-384', key: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'], query: ['-sha384'] },
  ]) {
    itWithOpenssl(`${what}: uploads, finds and verifies`, async () => {
      const folder = log.newFolder();
      const artifact = ['--artifact', await stamp(folder, key, ...query)];
      await roundTrip(log.both, ['--type', 'rfc3161', ...artifact], {
        body: { Rfc3161Obj: { tsr: { content: expect.any(String) } } },
        foundBy: [artifact],
      });
    });
  }
});
