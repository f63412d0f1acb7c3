import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientProgram, describeWithClients } from './support/clients.ts';
import { roundTrip } from './support/round-trip.ts';
import { cleanEnvironment, runOk } from './support/run.ts';
import { shareLog } from './support/shared-log.ts';
import { itWithTools } from './support/tools.ts';

interface Case {
  readonly what: string;
  readonly hash: 'sha256' | 'sha384' | 'sha512';
  readonly newKey: readonly string[];
  readonly by: 'pub.pem' | 'crt.pem';
  /** Upstream's command line knows no digest of SHA-384. */
  readonly rekorCli?: false;
}

// What log-clients.spec.ts leaves out: keys that are bound to another hash than SHA-256, and what is uploaded by its digest.
const cases: readonly Case[] = [
  { what: 'RSA 3072', hash: 'sha256', newKey: ['RSA', '-pkeyopt', 'rsa_keygen_bits:3072'], by: 'pub.pem' },
  {
    what: 'P-384',
    hash: 'sha384',
    newKey: ['EC', '-pkeyopt', 'ec_paramgen_curve:P-384'],
    by: 'pub.pem',
    rekorCli: false,
  },
  { what: 'P-521', hash: 'sha512', newKey: ['EC', '-pkeyopt', 'ec_paramgen_curve:P-521'], by: 'crt.pem' },
];

describeWithClients('hashedrekord, by digest', () => {
  const log = shareLog();

  /** The clients upload, find, get and verify what was signed, from its digest alone. */
  async function byDigest(hash: Case['hash'], artifact: string, signature: string, key: string, rekorCli = true) {
    const digest = createHash(hash).update(readFileSync(artifact)).digest('hex');
    const flags = ['--artifact-hash', `${hash}:${digest}`, '--signature', signature, '--public-key', key];
    await roundTrip(rekorCli ? log.both : [log.own], ['--type', 'hashedrekord', '--pki-format', 'x509', ...flags], {
      body: { HashedRekordObj: { data: { hash: { algorithm: hash, value: digest } } } },
      // Nor is there a search by it.
      foundBy: [['--public-key', key], ...(hash === 'sha384' ? [] : [['--sha', `${hash}:${digest}`]])],
    });
  }

  const certify = (path: (name: string) => string) =>
    runOk('openssl', [
      ...['req', '-x509', '-new', '-key', path('key.pem'), '-days', '2', '-subj', '/CN=me', '-out', path('crt.pem')],
    ]);

  for (const { what, hash, newKey, by, rekorCli } of cases) {
    itWithTools('openssl')(`${what} with ${hash}, by ${by}: uploads, finds and verifies`, async () => {
      const folder = log.newFolder();
      const path = (name: string) => join(folder, name);
      writeFileSync(path('artifact'), `signed with ${what}, by ${by}\n`);
      await runOk('openssl', ['genpkey', '-algorithm', ...newKey, '-out', path('key.pem')]);
      await runOk('openssl', ['pkey', '-in', path('key.pem'), '-pubout', '-out', path('pub.pem')]);
      await certify(path);
      await runOk('openssl', ['dgst', `-${hash}`, '-sign', path('key.pem'), '-out', path('sig'), path('artifact')]);
      await byDigest(hash, path('artifact'), path('sig'), path(by), rekorCli);
    });
  }

  itWithTools('openssl')('Ed25519ph with sha512, as cosign signs: uploads, finds and verifies', async () => {
    const folder = log.newFolder();
    const path = (name: string) => join(folder, name);
    const env = { ...cleanEnvironment(folder), SIGSTORE_REKOR_PUBLIC_KEY: 'log.pub' };
    const cosign = (...args: string[]) => runOk(clientProgram('cosign'), args, { env, cwd: folder });
    writeFileSync(path('log.pub'), await (await fetch(`${log.url}/api/v1/log/publicKey`)).text());
    writeFileSync(path('artifact'), 'signed with Ed25519ph\n');
    await runOk('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', path('key.pem')]);
    await cosign('import-key-pair', '--yes', '--key', 'key.pem', '--output-key-prefix', 'me');
    // In a bundle of the new format cosign does not find this signature good that it has made and logged.
    await cosign(
      ...['sign-blob', '--yes', '--key', 'me.key', '--use-signing-config=false', '--new-bundle-format=false'],
      ...['--rekor-url', log.url, '--bundle', 'bundle.json', '--output-signature', 'sig.base64', 'artifact'],
    );
    writeFileSync(path('sig'), Buffer.from(readFileSync(path('sig.base64'), 'utf8'), 'base64'));
    // By a certificate: by the key alone the entry is there, since cosign has logged it.
    await certify(path);
    await byDigest('sha512', path('artifact'), path('sig'), path('crt.pem'));
  });
});
