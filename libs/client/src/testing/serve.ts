import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of a test's own on a free port of 127.0.0.1. */
export interface Serving {
  /** Without a slash at the end. */
  readonly url: string;
  /** `METHOD path` of every request so far. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

/** Starts a server that answers as `handler` does. Close it: connections still open are cut. */
export async function serve(
  handler: (request: IncomingMessage, response: ServerResponse, body: Buffer) => unknown,
): Promise<Serving> {
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    await handler(request, response, Buffer.concat(chunks));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
