import { CountersignError } from '@countersign/errors';
import type { Request } from './types.ts';

/**
 * The raw body of a request that must be JSON. It is not parsed here: uploads are parsed off the main thread.
 *
 * @param name what the API calls the body, for the message
 * @throws `ERR_SCHEMA` 602 when there is none, `ERR_HTTP_CONTENT_TYPE` when it is declared as something else
 */
export function jsonBody(request: Request, name: string): Uint8Array {
  const { body } = request;
  if (!(body instanceof Uint8Array) || body.length === 0) {
    throw new CountersignError('ERR_SCHEMA', `${name} in body is required`, { details: { code: 602, path: name } });
  }
  const declared = request.headers['content-type'] ?? 'application/octet-stream';
  const type = declared.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json') {
    const message = `unsupported media type "${type}", only [application/json] are allowed`;
    throw new CountersignError('ERR_HTTP_CONTENT_TYPE', message);
  }
  return body;
}
