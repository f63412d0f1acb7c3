import type { JsonObject, JsonValue } from '../json.ts';

/** Where a member stands in a JSON object, such as `signature.publicKey.content` or `verifiers.0`. */
export type Path = string;

/** The value at a path, if it is there. */
export function at(json: JsonObject, path: Path): JsonValue | undefined {
  return path
    .split('.')
    .reduce<JsonValue | undefined>((value, name) => (isContainer(value) ? membersOf(value)[name] : undefined), json);
}

/** The same object with another value at a path; `undefined` leaves the member out. */
export function withValue(json: JsonObject, path: Path, value: JsonValue | undefined): JsonObject {
  const [name = '', ...rest] = path.split('.');
  const member = json[name];
  if (rest.length === 0) return { ...json, [name]: value };
  const changed = withValue(isContainer(member) ? membersOf(member) : {}, rest.join('.'), value);
  return { ...json, [name]: Array.isArray(member) ? present(Object.values(changed)) : changed };
}

/** Every path of an object: of its members, their members, and so on. */
export function paths(json: JsonObject): Path[] {
  return Object.entries(json).flatMap(([name, value]) => [
    name,
    ...(isContainer(value) ? paths(membersOf(value)).map((inner) => `${name}.${inner}`) : []),
  ]);
}

/** The same bytes with one bit turned over, once for every byte; which bit follows from the position. */
export function* flips(bytes: Uint8Array): Generator<Uint8Array> {
  for (let position = 0; position < bytes.length; position++) {
    const flipped = Uint8Array.from(bytes);
    flipped[position] = (flipped[position] ?? 0) ^ (1 << (position % 8));
    yield flipped;
  }
}

/** Freezes a value and all it holds, as the host does. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    for (const member of Object.values(value)) frozen(member);
  }
  return value;
}

function isContainer(value: JsonValue | undefined): value is JsonObject | readonly JsonValue[] {
  return typeof value === 'object' && value !== null;
}

/** The members of an object, or the items of an array by their index. */
function membersOf(value: JsonObject | readonly JsonValue[]): JsonObject {
  return { ...value } as JsonObject;
}

function present(values: readonly (JsonValue | undefined)[]): JsonValue[] {
  return values.filter((value) => value !== undefined);
}
