/** Letters beyond ASCII, as upstream's validator has them. */
const letters = '\\u{a0}-\\u{d7ff}\\u{f900}-\\u{fdcf}\\u{fdf0}-\\u{ffef}';
const atom = `[a-zA-Z0-9!#$%&'*+\\-/=?^_\`{|}~${letters}]+`;
const dotAtom = new RegExp(`^${atom}(?:\\.${atom})*$`, 'u');

/** A quote before every character but the last: what upstream's expression says, if not what it means. */
const quoted = new RegExp(
  `^(?:"[\\t ]*(?:[\\x01-\\x08\\x0b\\x0c\\x0e-\\x1f\\x21\\x23-\\x5b\\x5d-\\x7f${letters}]|\\([\\x01-\\x09\\x0b-\\x7f]))*[\\t ]*"$`,
  'u',
);

const alphanumeric = `[a-zA-Z0-9${letters}]`;
const labels = new RegExp(`^${alphanumeric}(?:[a-zA-Z0-9.\\-_~${letters}]*${alphanumeric})?$`, 'u');
const letter = `[a-zA-Z${letters}]`;
const topLevel = new RegExp(`^${letter}(?:[a-zA-Z0-9\\-_~${letters}]*${letter})?$`, 'u');

/**
 * Whether a key's comment, one line, is an e-mail address, decided exactly as upstream does, since it
 * becomes a search key. Upstream's one expression would take exponential time here; split at
 * the last `@` and the last dot, each part is decided in linear time.
 */
export function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@');
  if (at === -1) return false;
  const local = text.slice(0, at);
  const domain = text.endsWith('.') ? text.slice(at + 1, -1) : text.slice(at + 1);
  const dot = domain.lastIndexOf('.');
  if (dot === -1) return false;
  return (
    (dotAtom.test(local) || quoted.test(local)) &&
    labels.test(domain.slice(0, dot)) &&
    topLevel.test(domain.slice(dot + 1))
  );
}
