import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describeWithClients, pythonPackage } from './support/clients.ts';
import type { SignedArtifact } from './support/material.ts';

const pythonTuf = pythonPackage('python-tuf');

/** How one tool signs `artifact` in `folder`, or another that it gives, with keys made on the spot. */
type Sign = (folder: string, artifact: string) => Promise<Omit<SignedArtifact, 'artifact'> & Partial<SignedArtifact>>;

const gpg = (folder: string, ...args: string[]) =>
  runOk('gpg', ['--homedir', join(folder, 'gnupg'), '--batch', '--yes', '--passphrase', '', ...args]);

/** A key of this kind, with further user ids; key and signature armored or binary. */
function signWithGpg(
  algorithm: string,
  { armor, userIds = [] }: { armor: boolean; userIds?: readonly string[] },
): Sign {
  return async (folder, artifact) => {
    mkdirSync(join(folder, 'gnupg'), { mode: 0o700 });
    const publicKey = join(folder, 'key.pgp');
    const signature = join(folder, 'artifact.pgp');
    const form = armor ? ['--armor'] : [];
    await gpg(folder, '--quick-gen-key', 'First <first@example.com>', algorithm, 'sign', 'never');
    for (const userId of userIds) await gpg(folder, '--quick-add-uid', 'first@example.com', userId);
    await gpg(folder, ...form, '--output', publicKey, '--export');
    await gpg(folder, ...form, '--output', signature, '--detach-sign', artifact);
    spawnSync('gpgconf', ['--homedir', join(folder, 'gnupg'), '--kill', 'all']);
    return { publicKey, signature };
  };
}

function signWithSsh(...keyType: string[]): Sign {
  return async (folder, artifact) => {
    const key = join(folder, 'key');
    await runOk('ssh-keygen', ['-q', '-t', ...keyType, '-N', '', '-C', 'me@example.com', '-f', key]);
    await runOk('ssh-keygen', ['-q', '-Y', 'sign', '-n', 'file', '-f', key, artifact]);
    return { publicKey: `${key}.pub`, signature: `${artifact}.sig` };
  };
}

function signWithMinisign(...form: string[]): Sign {
  return async (folder, artifact) => {
    const publicKey = join(folder, 'key.pub');
    const secretKey = join(folder, 'key.sec');
    const signature = join(folder, 'sig');
    await runOk('minisign', ['-G', '-W', '-p', publicKey, '-s', secretKey]);
    await runOk('minisign', ['-S', ...form, '-s', secretKey, '-m', artifact, '-x', signature]);
    return { publicKey, signature };
  };
}

const signWithSignify: Sign = async (folder, artifact) => {
  const publicKey = join(folder, 'key.pub');
  const secretKey = join(folder, 'key.sec');
  const signature = join(folder, 'sig');
  await runOk('signify-openbsd', ['-G', '-n', '-p', publicKey, '-s', secretKey]);
  await runOk('signify-openbsd', ['-S', '-s', secretKey, '-m', artifact, '-x', signature]);
  return { publicKey, signature };
};

/** The key is the bare one, or a certificate of it. */
function signWithOpenssl(by: 'pub.pem' | 'crt.pem'): Sign {
  return async (folder, artifact) => {
    const key = join(folder, 'key.pem');
    const [publicKey, certificate] = [join(folder, 'pub.pem'), join(folder, 'crt.pem')];
    const signature = join(folder, 'sig');
    await runOk('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', key]);
    await runOk('openssl', ['pkey', '-in', key, '-pubout', '-out', publicKey]);
    await runOk('openssl', ['req', '-x509', '-key', key, '-days', '2', '-subj', '/CN=signer', '-out', certificate]);
    await runOk('openssl', ['dgst', '-sha256', '-sign', key, '-out', signature, artifact]);
    return { publicKey: join(folder, by), signature };
  };
}

/** By `openssl smime` or `openssl cms`, with a certificate of this kind of key. */
function signWithCms(command: 'smime' | 'cms', newKey: readonly string[], ...form: string[]): Sign {
  return async (folder, artifact) => {
    const key = join(folder, 'key.pem');
    const publicKey = join(folder, 'crt.pem');
    const signature = join(folder, 'sig.p7');
    const subject = ['-subj', '/CN=signer/emailAddress=signer@example.com'];
    await runOk('openssl', [
      ...['req', '-x509', '-newkey', ...newKey, '-nodes', '-keyout', key, '-days', '2', ...subject, '-out', publicKey],
    ]);
    await runOk('openssl', [
      ...[command, '-sign', '-binary', '-in', artifact, '-signer', publicKey, '-inkey', key],
      ...[...form, '-out', signature],
    ]);
    return { publicKey, signature };
  };
}

/** Signs a JAR that holds the artifact: what is signed is its list of digests. */
const signWithJarsigner: Sign = async (folder, artifact) => {
  const store = ['-keystore', join(folder, 'keys'), '-storepass', 'test-only'];
  const jar = join(folder, 'signed.jar');
  await runOk('keytool', [
    ...['-genkeypair', ...store, '-alias', 'signer', '-keyalg', 'EC', '-groupname', 'secp256r1'],
    ...['-validity', '2', '-dname', 'CN=signer'],
  ]);
  await runOk('jar', ['--create', '--file', jar, '-C', folder, basename(artifact)]);
  await runOk('jarsigner', [...store, jar, 'signer']);
  await runOk('jar', ['--extract', '--file', jar, 'META-INF/SIGNER.SF', 'META-INF/SIGNER.EC'], { cwd: folder });
  const signature = join(folder, 'META-INF', 'SIGNER.EC');
  return { artifact: join(folder, 'META-INF', 'SIGNER.SF'), publicKey: signature, signature };
};

/** A repository of python-tuf: two keys of three kinds have to sign, and the artifact is the metadata itself. */
const signWithTuf: Sign = async (folder) => {
  await runOk('python3', ['-c', tufProgram, folder], {
    env: { PYTHONPATH: pythonTuf ?? '', PATH: process.env.PATH ?? '' },
  });
  const metadata = join(folder, 'targets.json');
  return { artifact: metadata, publicKey: join(folder, 'root.json'), signature: metadata };
};
const tufProgram = `
import sys
from datetime import datetime, timedelta, timezone
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, Root, Targets
expires = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=2)
signers = [CryptoSigner.generate_ed25519(), CryptoSigner.generate_ecdsa(), CryptoSigner.generate_rsa()]
root = Root(expires=expires)
for signer in signers:
    for role in ('root', 'targets', 'snapshot', 'timestamp'):
        root.add_key(signer.public_key, role)
for role in root.roles.values():
    role.threshold = 2
for name, signed in (('root', root), ('targets', Targets(expires=expires))):
    metadata = Metadata(signed)
    for signer in signers:
        metadata.sign(signer, append=True)
    metadata.to_file(f'{sys.argv[1]}/{name}.json')
`;

import { roundTrip } from './support/round-trip.ts';
import { runOk } from './support/run.ts';
import { shareLog } from './support/shared-log.ts';
import { itWithTools } from './support/tools.ts';

interface Case {
  readonly what: string;
  readonly format: string;
  readonly tool: string;
  readonly sign: Sign;
  /** Upstream's command line does not know every format as one of a rekord. */
  readonly rekorCli?: false;
}

const cases: readonly Case[] = [
  { what: 'x509, ECDSA', format: 'x509', tool: 'openssl', sign: signWithOpenssl('pub.pem') },
  { what: 'x509, ECDSA, a certificate', format: 'x509', tool: 'openssl', sign: signWithOpenssl('crt.pem') },
  { what: 'pgp, RSA, armored', format: 'pgp', tool: 'gpg', sign: signWithGpg('rsa3072', { armor: true }) },
  { what: 'pgp, Ed25519, binary', format: 'pgp', tool: 'gpg', sign: signWithGpg('ed25519', { armor: false }) },
  {
    what: 'pgp, several user ids',
    format: 'pgp',
    tool: 'gpg',
    // Upstream writes several in an order that changes from run to run, so its client may not find its own bytes.
    rekorCli: false,
    sign: signWithGpg('ed25519', {
      armor: true,
      userIds: ['Second <second@example.com>', 'Third <third@example.com>'],
    }),
  },
  { what: 'minisign, prehashed', format: 'minisign', tool: 'minisign', sign: signWithMinisign() },
  { what: 'minisign, legacy', format: 'minisign', tool: 'minisign', sign: signWithMinisign('-l') },
  { what: 'signify', format: 'minisign', tool: 'signify-openbsd', sign: signWithSignify },
  { what: 'ssh, Ed25519', format: 'ssh', tool: 'ssh-keygen', sign: signWithSsh('ed25519') },
  { what: 'ssh, RSA', format: 'ssh', tool: 'ssh-keygen', sign: signWithSsh('rsa', '-b', '2048') },
  { what: 'ssh, ECDSA', format: 'ssh', tool: 'ssh-keygen', sign: signWithSsh('ecdsa') },
  {
    what: 'pkcs7, RSA, PEM',
    format: 'pkcs7',
    tool: 'openssl',
    sign: signWithCms('smime', ['rsa:2048'], '-outform', 'PEM'),
    rekorCli: false,
  },
  {
    what: 'pkcs7, ECDSA, DER, with content',
    format: 'pkcs7',
    tool: 'openssl',
    sign: signWithCms('cms', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], '-nodetach', '-outform', 'DER'),
    rekorCli: false,
  },
  { what: 'pkcs7, of a JAR', format: 'pkcs7', tool: 'jarsigner', sign: signWithJarsigner, rekorCli: false },
  { what: 'tuf', format: 'tuf', tool: 'python3', sign: signWithTuf, rekorCli: false },
];

describeWithClients('rekord with every PKI format', () => {
  const log = shareLog();

  for (const { what, format, tool, sign, rekorCli: byRekorCli = true } of cases) {
    const itWithTool = tool === 'python3' && pythonTuf === undefined ? it.skip : itWithTools(tool);
    itWithTool(`${what}: uploads, finds again and verifies`, async () => {
      const folder = log.newFolder();
      const artifact = join(folder, 'artifact');
      writeFileSync(artifact, `signed as ${what}\n`);
      const { publicKey, signature, artifact: signed = artifact } = await sign(folder, artifact);
      const key = ['--pki-format', format, '--public-key', publicKey];
      const flags = ['--type', 'rekord', '--artifact', signed, '--signature', signature, ...key];
      const clients = byRekorCli ? log.both : ([log.own] as const);
      await roundTrip(clients, flags, {
        body: { RekordObj: { signature: { format } } },
        foundBy: [['--artifact', signed], ...(format === 'pkcs7' ? [] : [key])],
      });
    });
  }
});
