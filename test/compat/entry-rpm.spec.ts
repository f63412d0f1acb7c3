import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithClients } from './support/clients.ts';
import { roundTrip } from './support/round-trip.ts';
import { runOk } from './support/run.ts';
import { shareLog } from './support/shared-log.ts';
import { itWithTools, placeOfTool } from './support/tools.ts';

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
    ...['--define', `__gpg ${placeOfTool('gpg')}`, '--define', `_gpg_path ${gnupg}`],
    ...['--define', '_gpg_name packager@example.com', ...flags, '--addsign', artifact],
  ]);
  spawnSync('gpgconf', ['--homedir', gnupg, '--kill', 'all']);
  return { artifact, publicKey };
}

const itWithRpm = itWithTools('rpmbuild', 'rpmsign', 'gpg');

describeWithClients('rpm', () => {
  const log = shareLog();

  for (const one of cases) {
    itWithRpm(`${one.what}: uploads, finds again and verifies`, async () => {
      const { artifact, publicKey } = await build(log.newFolder(), one);
      const key = ['--pki-format', 'pgp', '--public-key', publicKey];
      const headers = { Name: 'hello', Epoch: `${one.epoch ?? 0}`, Version: '1.2', Release: '3' };
      await roundTrip(log.both, ['--type', 'rpm', '--artifact', artifact, ...key], {
        body: { RPMModel: { package: { headers } } },
        foundBy: [['--artifact', artifact], key, ['--email', 'packager@example.com']],
      });
    });
  }
});
