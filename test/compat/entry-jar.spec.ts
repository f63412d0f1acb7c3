import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithClients } from './support/clients.ts';
import { countersignCli, type LogClient, rekorCli } from './support/log-client.ts';
import { type LogUnderTest, startLog, temporaryFolder } from './support/log-under-test.ts';
import { runOk } from './support/run.ts';

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

/** Tools that are not there count as skipped. */
const installed = ['jar', 'keytool', 'jarsigner'].every(
  (tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0,
);

describeWithClients('jar', () => {
  const homes = [temporaryFolder(), temporaryFolder()] as const;
  const folders: string[] = [...homes];
  let log: LogUnderTest;
  let clients: readonly [LogClient, LogClient];

  beforeAll(async () => {
    log = await startLog();
    clients = [rekorCli(log.url, homes[0]), countersignCli(log.url, homes[1])];
  });

  afterAll(async () => {
    await log?.close();
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  for (const [what, key, signing] of cases) {
    (installed ? it : it.skip)(`${what}: uploads, finds again and verifies`, async () => {
      const folder = temporaryFolder();
      folders.push(folder);
      const flags = ['--type', 'jar', '--artifact', await makeJar(folder, key, signing)];

      const created = await clients[0].text('upload', ...flags);
      const [, id = ''] = /^Created entry at index \d+, available at: \S+\/([0-9a-f]{80})\n/.exec(created) ?? [];
      expect(id).not.toBe('');
      for (const client of clients) {
        expect(await client.text('upload', ...flags)).toMatch(
          new RegExp(`^Entry already exists; available at: \\S+/${id}\n`),
        );
        expect(await client.text('verify', ...flags)).toContain(`Entry Hash: ${id.slice(16)}`);
        expect(await client.json('get', '--uuid', id)).toMatchObject({ Body: { JARModel: { archive: {} } } });
        expect(await client.text('loginfo')).toContain('Verification Successful!');
      }
    });
  }
});
