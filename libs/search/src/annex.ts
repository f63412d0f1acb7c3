import { canonicalJson, isJsonObject, parseJson } from '@countersign/encoding';
import { malformed } from '@countersign/errors';

/**
 * What is kept beside a leaf and is no part of the tree: the keys the search index finds
 * the entry by. Canonical JSON, so that an index can be made again from the log alone.
 *
 * @throws `ERR_MALFORMED` on a lone surrogate
 */
export function writeAnnex(indexKeys: readonly string[]): Uint8Array {
  return canonicalJson({ indexKeys });
}

/**
 * Reads the index keys of an annex. Other members are for others.
 *
 * @param annex `undefined` for a leaf without one, which has no keys
 * @throws `ERR_MALFORMED`, `ERR_TOO_LARGE`
 */
export function parseAnnex(annex: Uint8Array | undefined): readonly string[] {
  if (annex === undefined) return [];
  const value = parseJson(annex);
  const keys = isJsonObject(value) && Object.hasOwn(value, 'indexKeys') ? value.indexKeys : undefined;
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === 'string')) {
    throw malformed('annex', 'indexKeys is not a list of text');
  }
  return keys;
}
