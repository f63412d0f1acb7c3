import type { JsonObject, JsonValue } from '@countersign/plugin-api';

/**
 * Writes a value as canonical JSON in OLPC's form (wiki.laptop.org/go/Canonical_JSON), which is what
 * TUF signatures cover. Unlike RFC 8785 it orders members by UTF-8, and escapes only quotes and
 * backslashes. The value's depth must be limited already.
 *
 * @param refuse makes the error thrown on a number that is no integer, or one that a double does not hold
 */
export function olpcJson(value: JsonValue, refuse: (why: string) => Error): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw refuse(`canonical JSON has no number ${value}`);
  }
  if (typeof value !== 'object' || value === null) return String(value);
  if (isList(value)) return `[${value.map((item) => olpcJson(item, refuse)).join(',')}]`;
  const members = Object.entries(value).map(
    ([name, member = null]) => [Buffer.from(name), `${quote(name)}:${olpcJson(member, refuse)}`] as const,
  );
  members.sort(([a], [b]) => Buffer.compare(a, b));
  return `{${members.map(([, text]) => text).join(',')}}`;
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function isList(value: readonly JsonValue[] | JsonObject): value is readonly JsonValue[] {
  return Array.isArray(value);
}
