import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithClients } from './support/clients.ts';
import { roundTrip } from './support/round-trip.ts';
import { runOk } from './support/run.ts';
import { shareLog } from './support/shared-log.ts';
import { itWithTools } from './support/tools.ts';

/** A key of these arguments of keytool, and a JAR that it signed with these of jarsigner. */
async function makeJar(folder: string, key: readonly string[], signing: readonly string[]): Promise<string> {
  const artifact = join(folder, 'signed.jar');
  const unsigned = join(folder, 'unsigned.jar');
  const store = ['-keystore', join(folder, 'keys.p12'), '-storetype', 'PKCS12', '-storepass', 'password'];
  mkdirSync(join(folder, 'files', 'com'), { recursive: true });
  writeFileSync(join(folder, 'files', 'com', 'file.txt'), 'a text in the archive\n');
  await runOk('jar', ['cf', unsigned, '-C', join(folder, 'files'), '.']);
  await runOk('keytool', ['-genkeypair', ...store, '-alias', 'me', '-dname', 'CN=me', ...key]);
  await runOk('jarsigner', [...store, ...signing, '-signedjar', artifact, unsigned, 'me']);
  return artifact;
}

const p256 = ['-keyalg', 'EC', '-groupname', 'secp256r1'];
const cases: readonly [string, readonly string[], readonly string[]][] = [
  ['RSA, SHA-256', ['-keyalg', 'RSA', '-keysize', '2048'], ['-digestalg', 'SHA-256', '-sigalg', 'SHA256withRSA']],
  ['RSA-PSS', ['-keyalg', 'RSA', '-keysize', '3072'], ['-sigalg', 'RSASSA-PSS']],
  ['P-256, SHA-256', p256, ['-digestalg', 'SHA-256', '-sigalg', 'SHA256withECDSA']],
  [
    'P-384, SHA-384',
    ['-keyalg', 'EC', '-groupname', 'secp384r1'],
    ['-digestalg', 'SHA-384', '-sigalg', 'SHA384withECDSA'],
  ],
  ['SHA-512, a name of its own', p256, ['-digestalg', 'SHA-512', '-sigalg', 'SHA512withECDSA', '-sigfile', 'OTHER']],
];

const itWithJava = itWithTools('jar', 'keytool', 'jarsigner');

describeWithClients('jar', () => {
  const log = shareLog();

  for (const [what, key, signing] of cases) {
    itWithJava(`${what}: uploads, finds again and verifies`, async () => {
      const artifact = ['--artifact', await makeJar(log.newFolder(), key, signing)];
      await roundTrip(log.both, ['--type', 'jar', ...artifact], {
        body: { JARModel: { archive: { hash: { algorithm: 'sha256' } } } },
        foundBy: [artifact],
      });
    });
  }
});
