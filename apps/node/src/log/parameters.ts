import { CountersignError } from '@countersign/errors';

/** The query of a request as Fastify parses it: the value, or all of them when a name comes twice. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/** An entry ID or a UUID. */
const entryPattern = /^([0-9a-fA-F]{64}|[0-9a-fA-F]{80})$/;
const treePattern = /^[0-9]+$/;
const maxInt64 = 2n ** 63n - 1n;

/**
 * An integer of the query, as upstream reads an int64. The last counts where a name comes twice.
 *
 * Above 2^53 the nearest double is returned: no tree is that large, so it is out of range either way.
 *
 * @returns `undefined` when it is absent or empty
 * @throws `ERR_SCHEMA` 601 on what is no int64, 609 below `minimum`
 */
export function integerParameter(query: Query, name: string, minimum: number): number | undefined {
  const text = parameter(query, name);
  if (text === undefined) return undefined;
  if (!/^[+-]?\d{1,20}$/.test(text) || !isInt64(BigInt(text.replace('+', '')))) {
    throw refuseParameter(601, name, 'query', `must be of type int64: ${JSON.stringify(text.slice(0, 100))}`);
  }
  const value = Number(text);
  if (value < minimum) throw refuseParameter(609, name, 'query', `should be greater than or equal to ${minimum}`);
  return value;
}

/** {@link integerParameter}, and `ERR_SCHEMA` 602 when it is absent. */
export function requiredInteger(query: Query, name: string, minimum: number): number {
  const value = integerParameter(query, name, minimum);
  if (value === undefined) throw refuseParameter(602, name, 'query', 'is required');
  return value;
}

/** The tree a query names, decimal digits of any length. Throws `ERR_SCHEMA` 605. */
export function treeIdParameter(query: Query): string | undefined {
  const text = parameter(query, 'treeID');
  if (text !== undefined && !treePattern.test(text))
    throw refuseParameter(605, 'treeID', 'query', `should match '${treePattern.source}'`);
  return text;
}

/** The entry a path names. Throws `ERR_SCHEMA` 605 unless it is 64 or 80 hex digits. */
export function entryParameter(text: string): string {
  if (!entryPattern.test(text))
    throw refuseParameter(605, 'entryUUID', 'path', `should match '${entryPattern.source}'`);
  return text;
}

/** Every value of a parameter that may be repeated. Throws `ERR_SCHEMA` 603 or 604 unless each has 1 to `characters`. */
export function textParameters(query: Query, name: string, characters: number): readonly string[] {
  const values = [query[name] ?? []].flat();
  for (const value of values) {
    if (value === '') throw refuseParameter(604, name, 'query', 'should be at least 1 chars long');
    if ([...value].length > characters) {
      throw refuseParameter(603, name, 'query', `should be at most ${characters} chars long`);
    }
  }
  return values;
}

function parameter(query: Query, name: string): string | undefined {
  const values = query[name];
  const last = typeof values === 'string' ? values : values?.at(-1);
  return last === '' ? undefined : last;
}

function isInt64(value: bigint): boolean {
  return value >= -maxInt64 - 1n && value <= maxInt64;
}

/** The refusal of a parameter, numbered and worded as upstream's validator does. */
export function refuseParameter(code: number, name: string, place: string, what: string): CountersignError {
  return new CountersignError('ERR_SCHEMA', `${name} in ${place} ${what}`, { details: { code, path: name } });
}
