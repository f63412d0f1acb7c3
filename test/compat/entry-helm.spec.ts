import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithClients } from './support/clients.ts';
import { countersignCli, type LogClient, rekorCli } from './support/log-client.ts';
import { type LogUnderTest, startLog, temporaryFolder } from './support/log-under-test.ts';
import { runOk } from './support/run.ts';

/** A tool that is not there counts as skipped. */
const installed = (tool: string) => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;

interface Case {
  readonly what: string;
  readonly tool: 'helm' | 'gpg';
  readonly algorithm: string;
  readonly armor: boolean;
}

const cases: readonly Case[] = [
  { what: 'helm, RSA', tool: 'helm', algorithm: 'rsa3072', armor: true },
  { what: 'helm, Ed25519', tool: 'helm', algorithm: 'ed25519', armor: false },
  { what: 'gpg, RSA', tool: 'gpg', algorithm: 'rsa2048', armor: false },
  { what: 'gpg, Ed25519', tool: 'gpg', algorithm: 'ed25519', armor: true },
  { what: 'gpg, ECDSA', tool: 'gpg', algorithm: 'nistp256', armor: true },
];

const chartYaml = 'apiVersion: v2\nname: hello\nversion: 0.1.0\ndescription: "- a chart"\n';
const files = `files:\n  hello-0.1.0.tgz: sha256:${'ab'.repeat(32)}\n`;

/** Signs a chart of several files with a key made on the spot: helm by itself, gpg what helm would have it sign. */
async function sign(folder: string, { tool, algorithm, armor }: Case) {
  const gnupg = join(folder, 'gnupg');
  const chart = join(folder, 'hello');
  const artifact = join(folder, 'hello-0.1.0.tgz.prov');
  const publicKey = join(folder, 'key.pgp');
  const gpg = ['--homedir', gnupg, '--batch', '--pinentry-mode', 'loopback', '--passphrase', ''];
  mkdirSync(gnupg, { mode: 0o700 });
  await runOk('gpg', [...gpg, '--quick-gen-key', 'Charts <charts@example.com>', algorithm, 'sign', 'never']);
  await runOk('gpg', [...gpg, ...(armor ? ['--armor'] : []), '--output', publicKey, '--export']);
  if (tool === 'helm') {
    const keyring = join(folder, 'secret.gpg');
    await runOk('gpg', [...gpg, '--output', keyring, '--export-secret-keys']);
    mkdirSync(join(chart, 'templates'), { recursive: true });
    writeFileSync(join(chart, 'Chart.yaml'), chartYaml);
    for (const name of ['one', 'two']) {
      const manifest = `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`;
      writeFileSync(join(chart, 'templates', `${name}.yaml`), manifest);
    }
    const key = ['--sign', '--key', 'charts@example.com', '--keyring', keyring];
    await runOk('helm', ['package', ...key, '--destination', folder, chart]);
  } else {
    const text = join(folder, 'text');
    writeFileSync(text, `${chartYaml}\n...\n${files}`);
    await runOk('gpg', [...gpg, '--output', artifact, '--clear-sign', text]);
  }
  spawnSync('gpgconf', ['--homedir', gnupg, '--kill', 'all']);
  return { artifact, publicKey };
}

describeWithClients('helm', () => {
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
    (installed(one.tool) && installed('gpg') ? it : it.skip)(`${one.what}: uploads, finds and verifies`, async () => {
      const folder = temporaryFolder();
      folders.push(folder);
      const { artifact, publicKey } = await sign(folder, one);
      const flags = ['--type', 'helm', '--pki-format', 'pgp', '--artifact', artifact, '--public-key', publicKey];

      const created = await upstream.text('upload', ...flags);
      const [, id] = /^Created entry at index \d+, available at: \S+\/([0-9a-f]{80})\n/.exec(created) ?? [];
      expect(id).toBeDefined();
      for (const client of [upstream, own]) {
        expect(await client.text('upload', ...flags)).toMatch(
          new RegExp(`^Entry already exists; available at: \\S+/${id}\n`),
        );
        expect(await client.text('verify', ...flags)).toContain(`Entry Hash: ${id?.slice(16)}`);
        const { Body } = await client.json('get', '--uuid', id ?? '');
        expect(Body.HelmObj.chart.hash.algorithm).toBe('sha256');
        expect(await client.text('loginfo')).toContain('Verification Successful!');
      }
    });
  }
});
