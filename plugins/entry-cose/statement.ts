import type { JsonObject, JsonValue, PluginApi } from '@countersign/plugin-api';
import { limits } from './limits.ts';
import type { Sign1 } from './sign1.ts';

/**
 * The digests of an in-toto statement's subjects, as `algorithm:value`: the search index finds an entry by them. A
 * payload of another content type has none, and so has one that does not parse. Refuses with `ERR_TOO_LARGE`.
 */
export function subjectDigests({ contentType, payload }: Sign1, { errors }: PluginApi): string[] {
  if (contentType !== 'application/vnd.in-toto+json') return [];
  const subjects = member(parse(payload), 'subject');
  if (!Array.isArray(subjects)) return [];
  const digests: string[] = [];
  for (const subject of subjects as JsonValue[]) {
    // One that is wrong takes the others with it, as upstream; null is an empty one.
    if (subject !== null && !isObject(subject)) return [];
    const digest = member(subject, 'digest') ?? {};
    if (!isObject(digest)) return [];
    for (const [algorithm, value] of Object.entries(digest)) {
      if (typeof value !== 'string' && value !== null) return [];
      digests.push(`${algorithm}:${value ?? ''}`);
    }
    if (digests.length > limits.digests) {
      throw errors.refuse('ERR_TOO_LARGE', `in-toto statement names more than ${limits.digests} digests`);
    }
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

/** A member whatever the case of its name, as upstream reads it: the last one counts. */
function member(json: JsonValue, name: string): JsonValue | undefined {
  return isObject(json) ? Object.entries(json).findLast(([key]) => key.toLowerCase() === name)?.[1] : undefined;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
