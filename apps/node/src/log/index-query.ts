import { fromBase64, isJsonObject } from '@countersign/encoding';
import { CountersignError } from '@countersign/errors';
import { compileSchema } from '@countersign/schema';
import { logV1Schemas } from '@countersign/schemas';
import { parseQueryJson, wrongQuery } from './query-json.ts';

/** What `POST /api/v1/index/retrieve` asks for; absent where the request has nothing, or nothing but an empty text. */
export interface IndexQuery {
  readonly email?: string;
  readonly subject?: string;
  /** With its algorithm in front. */
  readonly hash?: string;
  readonly publicKey?: { readonly format: string; readonly content: Uint8Array };
  readonly operator: 'or' | 'and';
}

const check = compileSchema(logV1Schemas.IndexQuery);

/** The algorithm of a bare digest, by its hex digits, as upstream takes it. */
const algorithms: ReadonlyMap<number, string> = new Map([
  [40, 'sha1'],
  [64, 'sha256'],
  [128, 'sha512'],
]);

interface Body {
  readonly email?: string;
  readonly subject?: string;
  readonly hash?: string;
  readonly operator?: IndexQuery['operator'];
  readonly publicKey?: { readonly format: string; readonly content?: string | null };
}

/**
 * Reads the body of `POST /api/v1/index/retrieve`. Whatever else is in it, such as the URL of a key, is passed over.
 *
 * @throws `ERR_MALFORMED` on what is no JSON, of other types than those named, or no base64; `ERR_SCHEMA` on values
 * that do not fit
 */
export function parseIndexQuery(bytes: Uint8Array): IndexQuery {
  const value = parseQueryJson(bytes, 'query');
  if (value !== null && !isJsonObject(value)) throw wrongQuery('query', 'not an object');
  // Go reads null and an empty text as nothing.
  const given = Object.entries(value ?? {}).filter(([, member]) => member !== null && member !== '');
  const body = Object.fromEntries(given);
  const issue = check(body);
  if (issue?.keyword === 'type' && issue.code === 601) throw wrongQuery('query', issue.message);
  if (issue !== undefined) throw refuse(issue.code, issue.message, issue.path);
  const { email, subject, hash, publicKey, operator = 'or' } = body as Body;
  return {
    ...(email !== undefined && { email }),
    ...(subject !== undefined && { subject }),
    ...(hash !== undefined && { hash: prefixed(hash) }),
    ...(publicKey !== undefined && {
      publicKey: { format: publicKey.format, content: fromBase64(publicKey.content ?? '') },
    }),
    operator,
  };
}

function prefixed(hash: string): string {
  return hash.includes(':') ? hash : `${algorithms.get(hash.length)}:${hash}`;
}

function refuse(code: number, message: string, path: string): CountersignError {
  // Upstream names the object twice.
  const doubled = path.startsWith('publicKey.') ? `publicKey.${message}` : message;
  return new CountersignError('ERR_SCHEMA', doubled, { details: { code, path } });
}
