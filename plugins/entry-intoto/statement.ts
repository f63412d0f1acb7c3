import type { JsonObject, JsonValue, PluginApi } from '@countersign/plugin-api';
import type { Envelope } from './envelope.ts';
import { limits } from './limits.ts';

/**
 * The digests that an in-toto statement names, of its subjects and of its predicate's `materials` (SLSA provenance
 * before 1.0), as `algorithm:value`: the search index finds an entry by them. A payload of another type has none, and
 * so has one that does not parse. Refuses with `ERR_TOO_LARGE`.
 */
export function statementDigests({ payloadType, payload }: Envelope, { errors }: PluginApi): string[] {
  if (payloadType !== 'application/vnd.in-toto+json') return [];
  const statement = parse(payload);
  const subjects = digestsOf(member(statement, 'subject'));
  if (subjects === undefined) return [];
  const materials = digestsOf(member(member(statement, 'predicate'), 'materials')) ?? [];
  const digests = [...subjects, ...materials];
  if (digests.length > limits.digests) {
    throw errors.refuse('ERR_TOO_LARGE', `in-toto statement names more than ${limits.digests} digests`);
  }
  return digests;
}

function parse(payload: Uint8Array): JsonValue {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    return null;
  }
}

/** `undefined` when any part is not what it should be: one that is wrong takes the others with it. */
function digestsOf(list: JsonValue | undefined): string[] | undefined {
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) return undefined;
  const digests: string[] = [];
  for (const item of list) {
    if (item !== null && !isObject(item)) return undefined;
    const digest = member(item, 'digest') ?? {};
    if (!isObject(digest)) return undefined;
    for (const [algorithm, value] of Object.entries(digest)) {
      if (typeof value !== 'string' && value !== null) return undefined;
      digests.push(`${algorithm}:${value ?? ''}`);
    }
  }
  return digests;
}

/** A member whatever the case of its name, as upstream reads it: the last one counts. */
function member(json: JsonValue | undefined, name: string): JsonValue | undefined {
  if (!isObject(json)) return undefined;
  return Object.entries(json).findLast(([key]) => key.toLowerCase() === name)?.[1];
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
