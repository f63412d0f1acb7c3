import { spawn } from 'node:child_process';
import { createHash, createPublicKey } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';
import { toolProgram } from './clients.ts';
import { type Finished, run, runOk } from './run.ts';
import { placeOfTool } from './tools.ts';

/** A published tree, and who signed it. */
export interface PublishedTree {
  /** The URL of its folder. */
  readonly url: string;
  /** The name in its signature lines. */
  readonly name: string;
  readonly treeId: string;
  /** A PEM file. */
  readonly key: string;
}

/** Builds the reader in `tile-reader/`, which is there where Go is; gives its path. */
export async function buildTileReader(folder: string): Promise<string> {
  const program = join(folder, 'tile-reader');
  // With the developer's own environment: where modules come from is written there.
  await runOk('go', ['build', '-mod=readonly', '-o', program, '.'], { cwd: 'test/compat/tile-reader' });
  return program;
}

/** Verifies a tree with our reader over the Go project's library: signature, entries, and older checkpoints. */
export function readTree(
  program: string,
  { url, name, key }: PublishedTree,
  older: readonly string[],
): Promise<string> {
  return runOk(program, [url, name, key, ...older]);
}

/** Examines a tree with Tessera's own program. It says what it found and exits with 0 all the same, or finds no end. */
export async function examineTree({ url, name, treeId, key }: PublishedTree, folder: string): Promise<Finished> {
  const spki = createPublicKey(readFileSync(key)).export({ type: 'spki', format: 'der' });
  const id = createHash('sha256').update(spki).digest('hex').slice(0, 8);
  const verifier = join(folder, `${treeId}.vkey`);
  writeFileSync(verifier, `${name}+${id}+${Buffer.concat([Buffer.of(2), spki]).toString('base64')}`);
  const origin = `${name} - ${treeId}`;
  return run('timeout', [
    ...['60', toolProgram('fsck') ?? ''],
    ...['--storage_url', `${url}/`, '--origin', origin, '--public_key', verifier, '--ui=false', '--logtostderr'],
  ]);
}

/** A server that can be stopped. */
export interface Served {
  readonly url: string;
  stop(): Promise<void>;
}

/** Serves a folder as any server of static files does. */
export async function serveFolder(folder: string): Promise<Served> {
  const server = createServer((request, response) => {
    try {
      response.end(readFileSync(join(folder, normalize(new URL(request.url ?? '/', 'http://x').pathname))));
    } catch {
      response.writeHead(404).end();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** Whether all there is to test publishing with is installed; says what is not. */
export function hasTileTools(): boolean {
  const go = placeOfTool('go') !== '';
  if (!go) process.stderr.write('compat: skipped, not installed: Go\n');
  return [toolProgram('versitygw'), toolProgram('fsck')].every((program) => program !== undefined) && go;
}

/** The credentials of {@link startBuckets}, as the environment has them. */
export const bucketCredentials = {
  AWS_ACCESS_KEY_ID: 'countersign-compat',
  AWS_SECRET_ACCESS_KEY: 'secret of a server that is thrown away',
};

/** Starts versitygw, an S3 server, over a folder, on a port of 127.0.0.1. */
export async function startBuckets(folder: string, port: number): Promise<Served> {
  mkdirSync(folder, { recursive: true });
  const child = spawn(toolProgram('versitygw') ?? '', ['--port', `127.0.0.1:${port}`, '--quiet', 'posix', folder], {
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH ?? '',
      ROOT_ACCESS_KEY: bucketCredentials.AWS_ACCESS_KEY_ID,
      ROOT_SECRET_KEY: bucketCredentials.AWS_SECRET_ACCESS_KEY,
    },
  });
  const exited = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  for (let up = false; !up; ) {
    if (child.exitCode !== null) throw new Error(`versitygw ended with code ${child.exitCode}`);
    up = await fetch(url).then(
      () => true,
      () => false,
    );
  }
  return {
    url,
    stop: async () => {
      child.kill();
      await exited;
    },
  };
}
