/**
 * The PEM blocks of a key file, without the text that tools write before each
 * (`openssl x509 -text`, RFC 7468 §5.2). Text after the last block stays, and is
 * refused by the parser: a file that was cut or glued together wrongly must not pass.
 */
export function withoutExplanatoryText(file: string): string {
  let blocks = '';
  let at = 0;
  for (;;) {
    const begin = lineThatStarts(file, '-----BEGIN ', at);
    if (begin === -1) return blocks + file.slice(at);
    const end = lineThatStarts(file, '-----END ', begin);
    if (end === -1) return blocks + file.slice(begin);
    const lineEnd = file.indexOf('\n', end);
    at = lineEnd === -1 ? file.length : lineEnd;
    blocks += `${file.slice(begin, at)}\n`;
  }
}

function lineThatStarts(file: string, start: string, from: number): number {
  if (from === 0 && file.startsWith(start)) return 0;
  const at = file.indexOf(`\n${start}`, from);
  return at === -1 ? -1 : at + 1;
}
