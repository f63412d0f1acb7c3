/** The code of an error of the operating system or of SQLite, such as `ENOENT`; undefined when it has none. */
export function errno(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
