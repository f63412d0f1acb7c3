import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { temporaryFolder } from './support/log-under-test.ts';
import { freePort } from './support/node-process.ts';
import { cleanEnvironment, runOk } from './support/run.ts';

it('starts with npm start, answers the installed command, and stops when asked to', async () => {
  const folder = temporaryFolder();
  const url = `http://127.0.0.1:${await freePort()}`;
  const args = ['start', '--', '--data', `${folder}/data`, '--port', new URL(url).port];
  // A group of its own, as a terminal makes it, so that a signal reaches npm and what it started.
  const npm = spawn('npm', args, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  const closed = once(npm, 'close');
  try {
    await new Promise<void>((resolve, reject) => {
      let output = '';
      npm.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk;
        if (/\bready\b/i.test(output) && output.includes(url)) resolve();
      });
      npm.once('close', (code) => reject(new Error(`npm start ended with code ${code}\n${output}`)));
    });
    const options = { env: cleanEnvironment(folder) };
    const text = await runOk('node_modules/.bin/countersign', ['loginfo', '--rekor_server', url], options);
    expect(text).toContain('Verification Successful!');
  } finally {
    if (npm.pid !== undefined && npm.exitCode === null) process.kill(-npm.pid, 'SIGINT');
    await closed;
    rmSync(folder, { recursive: true });
  }
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});
