import { type JsonValue, parseJson } from '@countersign/encoding';
import { CountersignError, hasCode } from '@countersign/errors';

/**
 * Parses the JSON body of a request that asks for something.
 *
 * @param name what upstream calls the body in its messages
 * @throws `ERR_MALFORMED`
 */
export function parseQueryJson(body: Uint8Array, name: string): JsonValue {
  try {
    return parseJson(body, { bytes: body.length });
  } catch (error) {
    if (hasCode(error, 'ERR_MALFORMED')) throw wrongQuery(name, error.message);
    throw error;
  }
}

/** Upstream's words for a body that its decoder does not take. */
export function wrongQuery(name: string, why: string): CountersignError {
  return new CountersignError('ERR_MALFORMED', `parsing ${name} body failed: ${why}`);
}
