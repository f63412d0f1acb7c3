import { fileURLToPath } from 'node:url';
import { answers, freePorts, Server } from './child.ts';
import type { Target } from './target.ts';

const PROGRAM = fileURLToPath(new URL('../../apps/cli/bin/countersign.js', import.meta.url));

/** Our node on the data in `folder`, and how long it took from its first instruction to its first ready answer. */
export async function startCountersign(folder: string): Promise<Target & { readonly readyMilliseconds: number }> {
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const started = performance.now();
  const args = [PROGRAM, 'up', '--dev', '--data', `${folder}/data`, '--port', String(port)];
  const server = Server.start(folder, 'countersign', process.execPath, args);
  try {
    await server.ready(() => answers(`${url}/readyz`));
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    name: 'countersign',
    url,
    readyMilliseconds: performance.now() - started,
    residentMebibytes: () => server.residentMebibytes(),
    stop: () => server.stop(),
  };
}
