import { isJsonObject, type JsonValue, parseJson } from '@countersign/encoding';
import { malformed } from '@countersign/errors';

/** A logged entry, opened. */
export interface EntryBody {
  readonly kind: string;
  readonly apiVersion: string;
  readonly spec: JsonValue;
}

/** Opens a leaf: `{apiVersion, kind, spec}`. Throws `ERR_MALFORMED`. */
export function readBody(body: Uint8Array): EntryBody {
  const value = parseJson(body);
  if (!isJsonObject(value)) throw malformed('entry body', 'not an object');
  const { kind, apiVersion, spec } = value;
  if (typeof kind !== 'string' || typeof apiVersion !== 'string' || spec === undefined) throw malformed('entry body');
  return { kind, apiVersion, spec };
}

/** The names rekor-cli wraps a spec in that are not made by the rule for all others. */
const wrappers: ReadonlyMap<string, string> = new Map([
  ['alpine', 'AlpineModel'],
  ['cose', 'CoseObj'],
  ['dsse', 'DSSEObj'],
  ['hashedrekord', 'HashedRekordObj'],
  ['jar', 'JARModel'],
  ['rpm', 'RPMModel'],
]);

/** The spec as rekor-cli shows it: `{"HashedRekordObj": {…}}`; a kind it does not know becomes `{"KindObj": {…}}`. */
export function wrapBody({ kind, spec }: EntryBody): Readonly<Record<string, JsonValue>> {
  const name = wrappers.get(kind) ?? `${kind.charAt(0).toUpperCase()}${kind.slice(1)}Obj`;
  return { [name]: spec };
}
