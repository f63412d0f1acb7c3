import { CountersignError } from '@countersign/errors';
import { negotiate } from './accept.ts';
import type { Reply, Request } from './types.ts';

/** The media type of nearly every answer; upstream names no charset. */
export const jsonType = 'application/json';

/** Sends JSON that is written already. Node sends text and header in one piece, which is cheaper than bytes. */
export function sendJson(reply: Pick<Reply, 'code'>, status: number, json: string): void {
  reply.code(status).header('content-type', jsonType).serializer(asWritten).send(json);
}

/** With a serializer of our own Fastify leaves the media type alone, to which it would add a charset. */
function asWritten(payload: unknown): string {
  return String(payload);
}

/**
 * The media type to answer in.
 *
 * @throws `ERR_HTTP_ACCEPT` when the client takes none of `offers`
 */
export function acceptable(request: Request, offers: readonly string[] = [jsonType]): string {
  const chosen = negotiate(request.headers.accept, offers);
  if (chosen !== undefined) return chosen;
  const message = `unsupported media type requested, only [${offers.join(' ')}] are available`;
  throw new CountersignError('ERR_HTTP_ACCEPT', message);
}
