import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { freePort } from '../compat/support/node-process.ts';
import { cleanEnvironment, runOk } from '../compat/support/run.ts';
import { leashedEnvironment } from '../support/leash.ts';
import { post } from './support/http.ts';
import { temporaryFolder } from './support/node-process.ts';

/** The commands of the guide, block by block; the one that starts a node apart. */
function guide(): { readonly before: string; readonly up: string; readonly after: string } {
  const text = readFileSync('docs/plugins.md', 'utf8');
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block]) => block ?? '');
  const at = blocks.findIndex((block) => block.startsWith('countersign up '));
  return {
    before: blocks.slice(0, at).join('\n'),
    up: blocks[at] ?? '',
    after: blocks.slice(at + 1).join('\n'),
  };
}

/** When each built file was last written. */
function built(): Record<string, number> {
  const folders = [
    'plugins',
    ...['apps', 'libs'].flatMap((each) => readdirSync(each).map((name) => join(each, name, 'dist'))),
  ];
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  return Object.fromEntries(files.map((file) => [file, statSync(file).mtimeMs]));
}

const folder = temporaryFolder();

it('leads from an empty folder to an entry that is uploaded, verified and found', async () => {
  const cwd = folder.path();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const clean = cleanEnvironment(cwd);
  const env = {
    ...clean,
    CHECKOUT: resolve('.'),
    PATH: `${resolve('node_modules/.bin')}:${clean.PATH}`,
    COUNTERSIGN_PORT: String(port),
    REKOR_REKOR_SERVER: url,
    npm_config_offline: 'true',
    npm_config_cache: join(cwd, 'cache'),
  };
  const { before, up, after } = guide();
  const unchanged = built();

  const checked = await runOk('bash', ['-euc', before], { env, cwd });
  expect(checked).toContain('entry seal 0.0.1');
  expect(checked).toContain('pki ink 0.1.0');
  expect(checked).not.toContain('FAILED');

  const node = spawn('bash', ['-c', up], {
    env: { ...env, ...leashedEnvironment },
    cwd,
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const closed = once(node, 'close');
  try {
    await new Promise<void>((ready, reject) => {
      let output = '';
      node.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
        if (output.includes(`Ready: ${url}`)) ready();
      });
      node.once('close', (code) => reject(new Error(`the node ended with code ${code}\n${output}`)));
    });
    const said = await runOk('bash', ['-euc', after], { env, cwd });
    for (const index of [1, 2, 3]) expect(said).toContain(`Created entry at index ${index}, available at: ${url}/`);
    expect(said).toContain(
      'the log includes this entry (seal 0.0.1) at index 1; it is the entry of the given artifact',
    );
    // By the type's own key, newest first: both entries of the type, and not the third.
    expect(said).toMatch(/^2 .*\n1 /m);
    expect(said).toMatch(/^# pass \d+$/m);
    expect(said).toMatch(/^# fail 0$/m);

    const kinds = (await (await fetch(`${url}/api/v1/log/kinds`)).json()) as {
      readonly entryTypes: readonly { readonly kind: string }[];
      readonly pkiFormats: readonly { readonly id: string }[];
    };
    expect(kinds.entryTypes.map(({ kind }) => kind)).toContain('seal');
    expect(kinds.pkiFormats.map(({ id }) => id)).toContain('ink');

    const base64 = (name: string) => readFileSync(join(cwd, name)).toString('base64');
    const forged = { signature: base64('signature.ink'), publicKey: base64('key.ink'), content: base64('hello.key') };
    const proposal = { kind: 'seal', apiVersion: '0.0.1', spec: { format: 'ink', ...forged } };
    const refused = await post(url, '/api/v1/log/entries', proposal);
    expect(refused).toMatchObject({ status: 400, json: { message: expect.stringContaining('invalid signature') } });
  } finally {
    if (node.pid !== undefined && node.exitCode === null) process.kill(-node.pid, 'SIGTERM');
    await closed;
  }
  // Nothing of Countersign was built again, or changed, for them.
  expect(built()).toEqual(unchanged);
}, 300_000);
