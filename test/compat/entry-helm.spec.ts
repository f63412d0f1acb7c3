import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithClients, toolProgram } from './support/clients.ts';
import { sha256 } from './support/envelopes.ts';
import { roundTrip } from './support/round-trip.ts';
import { runOk } from './support/run.ts';
import { shareLog } from './support/shared-log.ts';
import { itWithTools } from './support/tools.ts';

const helm = toolProgram('helm');

interface Case {
  readonly what: string;
  readonly tool: 'helm' | 'gpg';
  readonly algorithm: string;
  readonly armor: boolean;
  /** Several files are listed: upstream takes any of them, and so may not find its own entry again. */
  readonly several?: true;
}

const cases: readonly Case[] = [
  { what: 'helm, RSA', tool: 'helm', algorithm: 'rsa3072', armor: true },
  { what: 'helm, Ed25519', tool: 'helm', algorithm: 'ed25519', armor: false },
  { what: 'gpg, RSA', tool: 'gpg', algorithm: 'rsa2048', armor: false },
  { what: 'gpg, Ed25519', tool: 'gpg', algorithm: 'ed25519', armor: true },
  { what: 'gpg, ECDSA', tool: 'gpg', algorithm: 'nistp256', armor: true },
  { what: 'gpg, several files', tool: 'gpg', algorithm: 'ed25519', armor: true, several: true },
];

const chartYaml = 'apiVersion: v2\nname: hello\nversion: 0.1.0\ndescription: "- a chart"\n';
const listed = 'ab'.repeat(32);
const files = `files:\n  hello-0.1.0.tgz: sha256:${listed}\n`;

/** Signs a chart of several files with a key made on the spot: helm by itself, gpg what helm would have it sign. */
async function sign(folder: string, { tool, algorithm, armor, several }: Case) {
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
    await runOk(helm ?? '', ['package', ...key, '--destination', folder, chart]);
  } else {
    const text = join(folder, 'text');
    writeFileSync(text, `${chartYaml}\n...\n${files}${several ? `  more.tgz: sha256:${'cd'.repeat(32)}\n` : ''}`);
    await runOk('gpg', [...gpg, '--output', artifact, '--clear-sign', text]);
  }
  spawnSync('gpgconf', ['--homedir', gnupg, '--kill', 'all']);
  const packaged = join(folder, 'hello-0.1.0.tgz');
  return { artifact, publicKey, digest: tool === 'helm' ? sha256(readFileSync(packaged)) : listed };
}

describeWithClients('helm', () => {
  const log = shareLog();

  for (const one of cases) {
    const itWithTool = one.tool === 'helm' && helm === undefined ? it.skip : itWithTools('gpg');
    itWithTool(`${one.what}: uploads, finds and verifies`, async () => {
      const { artifact, publicKey, digest } = await sign(log.newFolder(), one);
      const key = ['--pki-format', 'pgp', '--public-key', publicKey];
      const clients = one.several ? ([log.own] as const) : log.both;
      await roundTrip(clients, ['--type', 'helm', '--artifact', artifact, ...key], {
        body: { HelmObj: { chart: { hash: { algorithm: 'sha256', value: digest } } } },
        foundBy: [['--sha', digest], key, ['--email', 'charts@example.com']],
      });
    });
  }
});
