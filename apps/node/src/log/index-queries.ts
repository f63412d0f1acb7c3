import { hash } from '@countersign/crypto';
import { fromBase64, isJsonObject, toHex } from '@countersign/encoding';
import { CountersignError } from '@countersign/errors';
import type { SearchCriteria } from '@countersign/log';
import type { Provided } from '@countersign/plugin-host';
import { compileSchema, type SchemaCheck } from '@countersign/schema';
import { type JsonSchema, logV1Schemas } from '@countersign/schemas';
import { parseQueryJson, wrongQuery } from './query-json.ts';

/** Makes the canonical bytes of a public key of a PKI format, or refuses it. */
export type CanonicalKey = (format: string, key: Uint8Array) => Promise<Uint8Array>;

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
  readonly operator?: 'or' | 'and';
  readonly publicKey?: { readonly format: string; readonly content?: string | null };
}

/** Reads what `POST /api/v1/index/retrieve` asks for. */
export class IndexQueries {
  readonly #check: SchemaCheck;
  readonly #canonicalKey: CanonicalKey;

  /** @param provided what is loaded: a key may be of any PKI format among it */
  constructor(provided: readonly Provided[], canonicalKey: CanonicalKey) {
    const formats = provided.filter(({ type }) => type === 'pki').map(({ id }) => id);
    this.#check = compileSchema(withFormats(logV1Schemas.IndexQuery, formats));
    this.#canonicalKey = canonicalKey;
  }

  /**
   * Reads a body. Whatever else is in it, such as the URL of a key, is passed over.
   *
   * @throws `ERR_MALFORMED` on what is no JSON, of other types than those named, or no base64; `ERR_SCHEMA` on values
   * that do not fit; what parsing a key, and its limits, refuse with
   */
  async read(bytes: Uint8Array): Promise<SearchCriteria> {
    const { email, hash: digest, operator = 'or', publicKey, subject } = this.#parse(bytes);
    const keys = [digest && prefixed(digest), publicKey && (await this.#keyOf(publicKey)), email, subject];
    return { keys: keys.filter((key) => key !== undefined), prefixes: [], operator };
  }

  #parse(bytes: Uint8Array): Body {
    const value = parseQueryJson(bytes, 'query');
    if (value !== null && !isJsonObject(value)) throw wrongQuery('query', 'not an object');
    // Go reads null and an empty text as nothing.
    const given = Object.entries(value ?? {}).filter(([, member]) => member !== null && member !== '');
    const body = Object.fromEntries(given);
    const issue = this.#check(body);
    if (issue === undefined) return body as Body;
    // Upstream's decoder refuses what is of another type, or no base64, and its validator the rest.
    const undecoded = issue.keyword === 'type' || issue.path === 'publicKey.content';
    if (undecoded && issue.code === 601) throw wrongQuery('query', issue.message);
    // Upstream names the object of a member twice.
    const message = issue.path.startsWith('publicKey.') ? `publicKey.${issue.message}` : issue.message;
    throw new CountersignError('ERR_SCHEMA', message, { details: { code: issue.code, path: issue.path } });
  }

  /** What entry types index a key by: bare hex. */
  async #keyOf({ format, content }: NonNullable<Body['publicKey']>): Promise<string> {
    return toHex(hash('sha256', await this.#canonicalKey(format, fromBase64(content ?? ''))));
  }
}

function prefixed(digest: string): string {
  return digest.includes(':') ? digest : `${algorithms.get(digest.length)}:${digest}`;
}

/** The schema of a query, where a key's format is one of these. */
function withFormats(schema: JsonSchema, formats: readonly string[]): JsonSchema {
  const properties = schema.properties as { readonly publicKey: { readonly properties: object } };
  const { publicKey } = properties;
  const format = { type: 'string', enum: formats };
  return {
    ...schema,
    properties: { ...properties, publicKey: { ...publicKey, properties: { ...publicKey.properties, format } } },
  };
}
