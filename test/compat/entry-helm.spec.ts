import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithClients } from './support/clients.ts';
import { roundTrip } from './support/round-trip.ts';
import { runOk } from './support/run.ts';
import { shareLog } from './support/shared-log.ts';
import { itWithTools } from './support/tools.ts';

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
  const log = shareLog();

  for (const one of cases) {
    itWithTools(one.tool, 'gpg')(`${one.what}: uploads, finds and verifies`, async () => {
      const { artifact, publicKey } = await sign(log.newFolder(), one);
      const flags = ['--type', 'helm', '--pki-format', 'pgp', '--artifact', artifact, '--public-key', publicKey];
      await roundTrip(log.both, flags, { body: { HelmObj: { chart: { hash: { algorithm: 'sha256' } } } } });
    });
  }
});
