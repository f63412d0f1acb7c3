/** JSON that is open to be changed. */
export type Open = { [name: string]: unknown };

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

/** Every path that a JSON Schema names; of a list its first item. */
export function pathsOfSchema({ properties = {}, items }: Schema): string[][] {
  const members = items === undefined ? Object.entries(properties) : [['0', items] as const];
  return members.flatMap(([name, member]) => [[name], ...pathsOfSchema(member).map((rest) => [name, ...rest])]);
}

/** Every path of a value. */
export function pathsOf(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [[name], ...pathsOf(member).map((rest) => [name, ...rest])]);
}

/** A copy with another value at a path, whose parents are made where they lack; `undefined` takes it out. */
export function withField<T>(json: T, path: readonly string[], value: unknown): T {
  const copy = structuredClone(json);
  const last = path.at(-1) ?? '';
  let parent = copy as Open;
  for (const name of path.slice(0, -1)) {
    const member = parent[name];
    parent[name] = typeof member === 'object' && member !== null ? member : {};
    parent = parent[name] as Open;
  }
  if (value !== undefined) parent[last] = value;
  else if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete parent[last];
  return copy;
}
