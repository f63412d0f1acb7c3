import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '@countersign/encoding';
import { CountersignError, hasCode } from '@countersign/errors';

/** Semantic Versioning 2.0.0, in upstream's own words: the refusal quotes it. */
const versionShape =
  '^(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)(?:-((?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\\.(?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\\+([0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*))?$';
const version = new RegExp(versionShape);

/** The first problem with a proposal's envelope, numbered as upstream's validator does. */
function refuse(code: number, path: string, what: string): CountersignError {
  const message = `${path} in body ${what}`;
  return new CountersignError('ERR_SCHEMA', message, { details: { code, message, path, stage: 'envelope' } });
}

/**
 * Parses a proposed entry, `{kind, apiVersion, spec}`, up to its kind.
 *
 * @throws `ERR_MALFORMED` (`details.stage` is `json`), `ERR_TOO_LARGE`, `ERR_SCHEMA`
 */
export function parseProposal(proposal: Uint8Array | JsonObject): JsonObject & { readonly kind: string } {
  const json = isBytes(proposal) ? parseBody(proposal) : proposal;
  const kind = member(json, 'kind');
  if (kind === '') throw refuse(602, 'kind', 'is required');
  return json as JsonObject & { readonly kind: string };
}

/**
 * The apiVersion and spec of a proposal whose kind is known: upstream looks in this order.
 *
 * @throws `ERR_MALFORMED`, `ERR_SCHEMA`
 */
export function readEnvelope(json: JsonObject): { readonly apiVersion: string; readonly spec: JsonValue } {
  const apiVersion = member(json, 'apiVersion');
  if (!version.test(apiVersion)) throw refuse(605, 'apiVersion', `should match '${versionShape}'`);
  const { spec } = json;
  if (spec === undefined || spec === null) throw refuse(602, 'spec', 'is required');
  return { apiVersion, spec };
}

/** By shape, since another realm's Uint8Array is no instance of this one's. */
function isBytes(value: Uint8Array | JsonObject): value is Uint8Array {
  return ArrayBuffer.isView(value);
}

function parseBody(body: Uint8Array): JsonObject {
  if (body.length === 0) throw refuse(602, 'proposedEntry', 'is required');
  let json: JsonValue;
  try {
    json = parseJson(body);
  } catch (error) {
    if (!hasCode(error, 'ERR_MALFORMED')) throw error;
    throw notJson(error.message, error);
  }
  // As upstream: JSON null is an object without members.
  if (json === null) return {};
  if (!isJsonObject(json)) throw notJson('malformed proposed entry: not an object');
  return json;
}

function member(json: JsonObject, name: 'kind' | 'apiVersion'): string {
  const value = json[name] ?? undefined;
  if (value === undefined) throw refuse(602, name, 'is required');
  if (typeof value !== 'string') throw notJson(`malformed proposed entry: ${name} is not a string`);
  return value;
}

function notJson(message: string, cause?: unknown): CountersignError {
  return new CountersignError('ERR_MALFORMED', message, { cause, details: { stage: 'json' } });
}
