import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { leashedEnvironment } from '../support/leash.ts';
import { temporaryFolder } from './support/log-under-test.ts';
import { freePort } from './support/node-process.ts';
import { cleanEnvironment, runOk } from './support/run.ts';

/** The commands that the README has a reader try against a started node. */
function readmeCommands(): string {
  const blocks = [...readFileSync('README.md', 'utf8').matchAll(/^```sh\n(.*?)^```/gms)].map(
    ([, block]) => block ?? '',
  );
  const commands = blocks.find((block) => block.includes('countersign upload'));
  if (commands === undefined) throw new Error('the README has no block that uploads');
  // In a folder of its own, where npx would not find the workspace.
  return commands.replaceAll('npx countersign', 'countersign');
}

it('starts with npm start, does what the README says, and stops when asked to', async () => {
  const folder = temporaryFolder();
  const url = `http://127.0.0.1:${await freePort()}`;
  const args = ['start', '--', '--data', `${folder}/data`, '--port', new URL(url).port];
  const env = { ...process.env, ...leashedEnvironment };
  const npm = spawn('npm', args, { env, stdio: ['pipe', 'ignore', 'pipe'] });
  const closed = once(npm, 'close');
  try {
    await new Promise<void>((ready, reject) => {
      let output = '';
      npm.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
        if (output.includes(`Ready: ${url}`)) ready();
      });
      npm.once('close', (code) => reject(new Error(`npm start ended with code ${code}\n${output}`)));
    });
    const clean = cleanEnvironment(folder);
    const client = { ...clean, PATH: `${resolve('node_modules/.bin')}:${clean.PATH}`, REKOR_REKOR_SERVER: url };
    const output = await runOk('bash', ['-euc', readmeCommands()], { env: client, cwd: folder });
    expect(output).toContain(`Created entry at index 1, available at: ${url}/`);
    expect(output).toContain('Computed Root Hash');
    expect(output).toContain('Verification Successful!');
  } finally {
    // To npm alone, as a supervisor does; a terminal tells all of them.
    npm.kill('SIGTERM');
    await closed;
    rmSync(folder, { recursive: true });
  }
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});
