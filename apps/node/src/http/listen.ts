import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CountersignError } from '@countersign/errors';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** How often a stopping server looks for connections that have become idle. */
const idleCheckMs = 50;

/**
 * Opens the port.
 *
 * @returns the port, which is a free one when `port` is 0
 * @throws `ERR_CONFIG_INVALID` when the address cannot be had
 */
export async function listen(app: NestFastifyApplication, host: string, port: number): Promise<number> {
  try {
    await app.listen(port, host);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CountersignError('ERR_CONFIG_INVALID', `cannot listen on ${host} port ${port}: ${why}`, { cause });
  }
  return (app.getHttpServer().address() as AddressInfo).port;
}

/**
 * Closes the port and resolves when the requests under way have been answered, or when they have had
 * `seconds` and are cut off.
 */
export async function stopListening(app: NestFastifyApplication, seconds: number): Promise<void> {
  const server: Server = app.getHttpServer();
  const closed = server.listening ? once(server, 'close') : Promise.resolve();
  const limit = setTimeout(() => server.closeAllConnections(), seconds * 1000);
  // A connection that was busy when the port closed stays open for its client's next request, which would be refused.
  const idle = setInterval(() => server.closeIdleConnections(), idleCheckMs);
  try {
    await app.close();
    await closed;
  } finally {
    clearTimeout(limit);
    clearInterval(idle);
  }
}
