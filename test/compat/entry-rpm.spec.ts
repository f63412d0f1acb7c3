import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithClients } from './support/clients.ts';
import { countersignCli, type LogClient, rekorCli } from './support/log-client.ts';
import { type LogUnderTest, startLog, temporaryFolder } from './support/log-under-test.ts';
import { runOk } from './support/run.ts';

const found = (tool: string) => spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim();
/** A tool that is not there counts as skipped. */
const installed = ['rpmbuild', 'rpmsign', 'gpg'].every((tool) => found(tool) !== '');

interface Case {
  readonly what: string;
  readonly algorithm: string;
  readonly armor: boolean;
  readonly epoch?: number;
  readonly source?: true;
  readonly flags?: readonly string[];
}

const cases: readonly Case[] = [
  { what: 'RSA, header signed', algorithm: 'rsa3072', armor: true },
  {
    what: 'RSA, header and package signed, an epoch',
    algorithm: 'rsa2048',
    armor: false,
    epoch: 2,
    flags: ['--rpmv3'],
  },
  { what: 'Ed25519, header signed', algorithm: 'ed25519', armor: false, epoch: 0 },
  { what: 'Ed25519, header and package signed', algorithm: 'ed25519', armor: true, flags: ['--rpmv3'] },
  { what: 'a source package', algorithm: 'ed25519', armor: true, source: true },
];

/** Builds a package with rpm and signs it with gpg, with a key made on the spot. */
async function build(folder: string, { algorithm, armor, epoch, source, flags = [] }: Case) {
  const gnupg = join(folder, 'gnupg');
  const publicKey = join(folder, 'key.pgp');
  const artifact = join(folder, 'signed.rpm');
  const spec = join(folder, 'hello.spec');
  const gpg = ['--homedir', gnupg, '--batch', '--passphrase', ''];
  mkdirSync(gnupg, { mode: 0o700 });
  await runOk('gpg', [...gpg, '--quick-gen-key', 'Packager <packager@example.com>', algorithm, 'sign', 'never']);
  await runOk('gpg', [...gpg, ...(armor ? ['--armor'] : []), '--output', publicKey, '--export']);
  const fields = { Name: 'hello', Version: '1.2', Release: '3', Summary: 's', License: 'MIT', BuildArch: 'noarch' };
  const lines = Object.entries({ ...fields, ...(epoch !== undefined && { Epoch: epoch }) });
  writeFileSync(spec, `${lines.map((line) => line.join(': ')).join('\n')}\n%description\nd\n%files\n`);
  await runOk('rpmbuild', ['-ba', '--define', `_topdir ${folder}`, spec]);
  copyFileSync(join(folder, source ? 'SRPMS/hello-1.2-3.src.rpm' : 'RPMS/noarch/hello-1.2-3.noarch.rpm'), artifact);
  await runOk('rpmsign', [
    ...['--define', `__gpg ${found('gpg')}`, '--define', `_gpg_path ${gnupg}`],
    ...['--define', '_gpg_name packager@example.com', ...flags, '--addsign', artifact],
  ]);
  spawnSync('gpgconf', ['--homedir', gnupg, '--kill', 'all']);
  return { artifact, publicKey };
}

describeWithClients('rpm', () => {
  const homes = [temporaryFolder(), temporaryFolder()] as const;
  const folders: string[] = [...homes];
  let log: LogUnderTest;
  let upstream: LogClient;
  let own: LogClient;

  beforeAll(async () => {
    log = await startLog();
    upstream = rekorCli(log.url, homes[0]);
    own = countersignCli(log.url, homes[1]);
  });

  afterAll(async () => {
    await log?.close();
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  for (const one of cases) {
    (installed ? it : it.skip)(`${one.what}: uploads, finds again and verifies`, async () => {
      const folder = temporaryFolder();
      folders.push(folder);
      const { artifact, publicKey } = await build(folder, one);
      const flags = ['--type', 'rpm', '--pki-format', 'pgp', '--artifact', artifact, '--public-key', publicKey];

      const created = await upstream.text('upload', ...flags);
      const [, id] = /^Created entry at index \d+, available at: \S+\/([0-9a-f]{80})\n/.exec(created) ?? [];
      expect(id).toBeDefined();
      const headers = { Name: 'hello', Epoch: `${one.epoch ?? 0}`, Version: '1.2', Release: '3' };
      for (const client of [upstream, own]) {
        expect(await client.text('upload', ...flags)).toMatch(
          new RegExp(`^Entry already exists; available at: \\S+/${id}\n`),
        );
        expect(await client.text('verify', ...flags)).toContain(`Entry Hash: ${id?.slice(16)}`);
        const { Body } = await client.json('get', '--uuid', id ?? '');
        expect(Body.RPMModel.package.headers).toMatchObject(headers);
        expect(await client.text('loginfo')).toContain('Verification Successful!');
      }
    });
  }
});
