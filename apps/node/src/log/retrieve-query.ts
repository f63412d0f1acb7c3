import { isJsonObject, type JsonObject, utf8Encode } from '@countersign/encoding';
import { CountersignError } from '@countersign/errors';
import { type Retrieval, virtualIndex } from '@countersign/log';
import { compileSchema } from '@countersign/schema';
import { logV1Schemas } from '@countersign/schemas';
import { parseQueryJson, wrongQuery } from './query-json.ts';

/** Entries one retrieval may name, over its lists together. */
const maxEntries = 10;

const check = compileSchema(logV1Schemas.RetrieveRequest);

interface RetrieveQuery {
  readonly entryUUIDs?: readonly string[] | null;
  readonly logIndexes?: readonly number[] | null;
  readonly entries?: readonly JsonObject[] | null;
}

/**
 * Reads the body of `POST /api/v1/log/entries/retrieve`.
 *
 * @throws `ERR_MALFORMED` on what is no JSON or of other types than those named; `ERR_SCHEMA` (602 and up) on
 * lists that are empty or too long, on names that are none, and on more than ten entries together
 */
export function parseRetrieveQuery(body: Uint8Array): Retrieval {
  const value = parseQueryJson(body, 'entry');
  const issue = check(value);
  // Upstream's decoder refuses what is of another type, and its validator the rest.
  if (issue?.code === 601 || issue?.path.startsWith('entries.')) throw wrongQuery('entry', issue.message);
  if (issue !== undefined) throw new CountersignError('ERR_SCHEMA', issue.message, { details: { ...issue } });

  const query = (isJsonObject(value) ? value : {}) as RetrieveQuery;
  const entryIds = query.entryUUIDs ?? [];
  const indexes = query.logIndexes ?? [];
  const entries = query.entries ?? [];
  if (entryIds.length + indexes.length + entries.length > maxEntries) {
    const message = `more than max allowed ${maxEntries} entries in request`;
    throw new CountersignError('ERR_SCHEMA', message, { details: { code: 422 } });
  }
  return {
    entryIds,
    indexes: indexes.map(virtualIndex),
    // Admission takes bytes, and takes them off this thread.
    proposals: entries.map((entry) => utf8Encode(JSON.stringify(entry))),
  };
}
