/** A text member of something caught, such as `code` or `name`; told by shape, as errors of other realms are. */
export function textOf(caught: unknown, member: 'code' | 'name' | 'message'): string | undefined {
  if (typeof caught !== 'object' || caught === null) return undefined;
  const value: unknown = Reflect.get(caught, member);
  return typeof value === 'string' ? value : undefined;
}
