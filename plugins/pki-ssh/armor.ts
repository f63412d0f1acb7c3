const label = 'SSH SIGNATURE';

/**
 * The base64 of the first PEM block of a file, in one line. Text before and after it and
 * headers inside it are passed over.
 *
 * @returns `undefined` when there is no block, or the first is of another type
 */
export function readArmor(file: string): string | undefined {
  let begun: { readonly label: string; readonly lines: string[] } | undefined;
  for (const line of file.split('\n')) {
    const [, begin] = /^-----BEGIN (.*?)-----[ \t]*\r?$/.exec(line) ?? [];
    const [, end] = /^-----END (.*?)-----[ \t]*\r?$/.exec(line) ?? [];
    if (begin !== undefined) begun = { label: begin, lines: [] };
    else if (end === undefined) begun?.lines.push(line);
    else if (begun?.label === end) return end === label ? base64(begun.lines) : undefined;
    else begun = undefined;
  }
  return undefined;
}

function base64(lines: readonly string[]): string {
  const body = lines.findIndex((line) => !line.includes(':'));
  return body === -1
    ? ''
    : lines
        .slice(body)
        .join('')
        .replaceAll(/[ \t\r]/g, '');
}
