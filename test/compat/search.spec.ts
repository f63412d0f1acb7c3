import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithClients } from './support/clients.ts';
import { makeSigner, type SignedArtifact, signArtifact } from './support/material.ts';
import { upload } from './support/round-trip.ts';
import { runOk } from './support/run.ts';
import { shareLog } from './support/shared-log.ts';
import { itWithTools } from './support/tools.ts';

/** Signs `artifact` in `folder` with a key made on the spot; the key names `email` where its format has names. */
type Sign = (folder: string, artifact: string, email: string) => Promise<Omit<SignedArtifact, 'artifact'>>;

const gpg = (folder: string, ...args: string[]) =>
  runOk('gpg', ['--homedir', join(folder, 'gnupg'), '--batch', '--yes', '--passphrase', '', ...args]);

function signWithGpg(form: readonly string[], further: readonly string[] = []): Sign {
  return async (folder, artifact, email) => {
    mkdirSync(join(folder, 'gnupg'), { mode: 0o700 });
    const [publicKey, signature] = [join(folder, 'key.pgp'), join(folder, 'artifact.pgp')];
    await gpg(folder, '--quick-gen-key', `First <${email}>`, 'ed25519', 'sign', 'never');
    for (const name of further) await gpg(folder, '--quick-add-uid', email, name);
    await gpg(folder, ...form, '--output', publicKey, '--export');
    await gpg(folder, ...form, '--output', signature, '--detach-sign', artifact);
    spawnSync('gpgconf', ['--homedir', join(folder, 'gnupg'), '--kill', 'all']);
    return { publicKey, signature };
  };
}

function signWithSsh(...keyType: string[]): Sign {
  return async (folder, artifact, email) => {
    const key = join(folder, 'key');
    await runOk('ssh-keygen', ['-q', '-t', ...keyType, '-N', '', '-C', email, '-f', key]);
    await runOk('ssh-keygen', ['-q', '-Y', 'sign', '-n', 'file', '-f', key, artifact]);
    return { publicKey: `${key}.pub`, signature: `${artifact}.sig` };
  };
}

const signWithMinisign: Sign = async (folder, artifact) => {
  const [publicKey, secretKey, signature] = [join(folder, 'key.pub'), join(folder, 'key.sec'), join(folder, 'sig')];
  await runOk('minisign', ['-G', '-W', '-p', publicKey, '-s', secretKey]);
  await runOk('minisign', ['-S', '-s', secretKey, '-m', artifact, '-x', signature]);
  return { publicKey, signature };
};

const signWithSignify: Sign = async (folder, artifact) => {
  const [publicKey, secretKey, signature] = [join(folder, 'key.pub'), join(folder, 'key.sec'), join(folder, 'sig')];
  await runOk('signify-openbsd', ['-G', '-n', '-p', publicKey, '-s', secretKey]);
  await runOk('signify-openbsd', ['-S', '-s', secretKey, '-m', artifact, '-x', signature]);
  return { publicKey, signature };
};

interface Case {
  readonly what: string;
  readonly format: string;
  readonly tool: string;
  readonly sign: Sign;
  /** Whether the format has names, so that the entry is found by e-mail. */
  readonly named?: true;
  readonly further?: readonly string[];
}

const second = 'second@example.com';

const cases: readonly Case[] = [
  { what: 'pgp, armored', format: 'pgp', tool: 'gpg', sign: signWithGpg(['--armor']), named: true },
  { what: 'pgp, binary', format: 'pgp', tool: 'gpg', sign: signWithGpg([]), named: true },
  {
    what: 'pgp, several user ids',
    format: 'pgp',
    tool: 'gpg',
    sign: signWithGpg(['--armor'], [`Second <${second}>`]),
    named: true,
    further: [second],
  },
  { what: 'minisign', format: 'minisign', tool: 'minisign', sign: signWithMinisign },
  { what: 'signify', format: 'minisign', tool: 'signify-openbsd', sign: signWithSignify },
  { what: 'ssh, Ed25519', format: 'ssh', tool: 'ssh-keygen', sign: signWithSsh('ed25519'), named: true },
  { what: 'ssh, RSA', format: 'ssh', tool: 'ssh-keygen', sign: signWithSsh('rsa', '-b', '2048'), named: true },
  { what: 'ssh, ECDSA', format: 'ssh', tool: 'ssh-keygen', sign: signWithSsh('ecdsa'), named: true },
];

const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

describeWithClients('search', () => {
  const log = shareLog();

  /** Both clients, and our pages, find exactly these. */
  async function finds(ids: readonly string[], ...flags: string[]): Promise<void> {
    const sorted = [...ids].sort();
    for (const client of log.both) {
      expect({ flags, by: client.name, found: [...(await client.json('search', ...flags)).UUIDs].sort() }).toEqual({
        flags,
        by: client.name,
        found: sorted,
      });
    }
    const page = await log.own.text('search', ...flags, '--limit', '1000');
    expect((page.match(/\b[0-9a-f]{80}\b/g) ?? []).sort()).toEqual(sorted);
  }

  async function findsNothing(...flags: string[]): Promise<void> {
    for (const client of log.both) {
      const { code, stdout, stderr } = await client.run('search', ...flags);
      expect({ flags, code, stdout }).toEqual({ flags, code: 1, stdout: '' });
      expect(stderr).toContain('no matching entries found');
    }
  }

  for (const [number, { what, format, tool, sign, named, further = [] }] of cases.entries()) {
    itWithTools(tool)(`finds what was signed with ${what}`, async () => {
      const folder = log.newFolder();
      const artifact = join(folder, 'artifact');
      writeFileSync(artifact, `signed with ${what}\n`);
      const email = `Signer${number}@Example.com`;
      const { publicKey, signature } = await sign(folder, artifact, email);
      const key = ['--pki-format', format, '--public-key', publicKey];
      const id = await upload(log.own, ['--type', 'rekord', '--artifact', artifact, '--signature', signature, ...key]);
      const digest = sha256(artifact);

      await finds([id], '--artifact', artifact);
      await finds([id], '--sha', `sha256:${digest}`, ...key, '--operator', 'and');
      // rekor-cli sends the key as it is, so a key of several user ids is found too: the log alone writes it anew.
      await finds([id], ...key);
      await findsNothing('--sha', 'ab'.repeat(32), ...key, '--operator', 'and');
      if (named === undefined) return;
      for (const name of [email, ...further]) await finds([id], '--email', name);
    });
  }

  it('finds what was signed with an x509 key and with its certificate', async () => {
    const folder = log.newFolder();
    const signer = await makeSigner(folder, 'ecdsa-p256');
    const ids: Record<string, string> = {};
    const digests: string[] = [];
    for (const by of ['key', 'certificate'] as const) {
      const { artifact, signature, publicKey } = await signArtifact(folder, signer, by);
      ids[by] = await upload(log.own, ['--artifact', artifact, '--signature', signature, '--public-key', publicKey]);
      digests.push(sha256(artifact));
    }
    const { key = '', certificate = '' } = ids;
    await finds([key], '--public-key', signer.publicKey);
    await finds([certificate], '--public-key', signer.certificate);
    await finds([certificate], '--email', 'signer@example.com');
    await finds([certificate], '--subject', 'Signer@Example.COM');
    await finds([key, certificate], '--sha', digests[0] ?? '', '--public-key', signer.certificate);
    await findsNothing('--sha', digests[0] ?? '', '--public-key', signer.certificate, '--operator', 'and');

    for (const client of log.both) {
      expect(await client.text('search', '--public-key', signer.publicKey)).toBe(`${key}\n`);
    }

    // Newest first, page by page, by keys and what they begin with.
    const own = log.own;
    const criteria = [...digests.flatMap((digest) => ['--prefix', `sha256:${digest.slice(0, 20)}`])];
    const first = await own.json('search', ...criteria, '--limit', '1');
    expect(first.entries.map(({ uuid }: { uuid: string }) => uuid)).toEqual([certificate]);
    expect(first.next).not.toBeNull();
    const rest = await own.json('search', ...criteria, '--limit', '1', '--before', `${first.next}`);
    expect(rest.entries.map(({ uuid }: { uuid: string }) => uuid)).toEqual([key]);
    expect(await own.text('search', '--key', 'signer@example.com')).toMatch(
      new RegExp(
        `^\\d+ {2}\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ {2}${certificate} {2}hashedrekord: [^\\n]+, by signer@example\\.com\\n$`,
      ),
    );
  });

  it('says when there is nothing', async () => {
    await findsNothing('--email', 'nobody@example.com');
    await findsNothing('--sha', '00'.repeat(64));
    await findsNothing('--subject', 'https://example.com/none');
  });
});
