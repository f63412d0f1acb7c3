import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { hasCode } from '@countersign/errors';
import { adminLimits } from './limits.ts';
import { type ShardChange, shardChanges } from './shard-change.ts';

/**
 * Takes an operator's commands over a Unix domain socket, which no one but the user of this process can open: HTTP, one
 * path a command, answered when it is done. The data folder must be locked, so that a socket that is there is an old one.
 *
 * @returns what ends it, once the commands under way are answered
 * @throws what the system refuses a socket with, and an `Error` when the path is too long for one
 */
export async function serveAdmin(
  path: string,
  change: (change: ShardChange) => Promise<void>,
): Promise<() => Promise<void>> {
  // A longer one is cut off silently by some systems.
  if (Buffer.byteLength(path) > adminLimits.pathBytes) {
    throw new Error(`the path ${path} is over ${adminLimits.pathBytes} bytes, which is too long for a socket`);
  }
  rmSync(path, { force: true });
  const server = createServer(async (request, response) => {
    // Nothing is read of a body.
    request.resume();
    const wanted = request.method === 'POST' ? shardChanges.get(request.url ?? '') : undefined;
    const [status, body] = wanted === undefined ? [404, {}] : await answer(() => change(wanted));
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify(body));
  });
  await listenPrivately(server, path);
  return async () => {
    const closed = once(server, 'close');
    server.close();
    await closed;
  };
}

async function answer(work: () => Promise<void>): Promise<[status: number, body: object]> {
  try {
    await work();
    return [200, {}];
  } catch (error) {
    const code = hasCode(error) ? error.code : 'ERR_INTERNAL';
    return [500, { code, message: error instanceof Error ? error.message : String(error) }];
  }
}

/** The socket has mode 0600 from its first moment on: it is made before `listen` returns. */
async function listenPrivately(server: Server, path: string): Promise<void> {
  const listening = once(server, 'listening');
  const mask = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(mask);
  }
  await listening;
}
