const label = 'SSH SIGNATURE';
const begin = /^-----BEGIN (.*?)-----[ \t]*$/;
const end = /^-----END (.*?)-----[ \t]*$/;

/**
 * The base64 of the first PEM block of a file, in one line. Text before and after it and
 * headers inside it are passed over.
 *
 * @returns `undefined` when there is no block, or the first is of another type
 */
export function readArmor(file: string): string | undefined {
  let begun: { readonly label: string | undefined; readonly lines: string[] } | undefined;
  for (const line of file.replaceAll('\r\n', '\n').split('\n')) {
    if (line.includes('-----BEGIN ')) {
      begun = { label: begin.exec(line)?.[1], lines: [] };
    } else if (line.startsWith('-----END ')) {
      const ended = end.exec(line)?.[1];
      if (ended !== undefined && begun?.label === ended) return ended === label ? base64(begun.lines) : undefined;
      begun = undefined;
    } else begun?.lines.push(line);
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
