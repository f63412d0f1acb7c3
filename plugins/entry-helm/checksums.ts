import type { PluginApi } from '@countersign/plugin-api';

/** What ends a line for some reader of YAML or is not text. */
const unprintable = '\\p{Cc}\\u2028\\u2029';
/** A scalar on one line: plain without anything that YAML could take for something else, or quoted without escapes. */
const scalar = `[A-Za-z0-9_./][A-Za-z0-9_./:@+~-]*|"[^"\\\\${unprintable}]*"|'[^'${unprintable}]*'`;
const member = new RegExp(`^( *)(${scalar}):(?: +(${scalar}))?$`, 'u');
const empty = new RegExp(`^ *(?:#[^${unprintable}]*)?$`, 'u');

/** Both of the mappings that helm knows. */
const known: ReadonlySet<string> = new Set(['files', 'images']);

/** The digest of one file that a provenance file names. */
export interface Checksum {
  readonly name: string;
  /** SHA-256 in lower-case hex. */
  readonly digestHex: string;
}

/**
 * Reads the second document of a provenance file: the mapping `files` of names to `sha256:hex`, and perhaps
 * `images`, which means nothing here. It takes the YAML that helm writes, two levels of block mappings, and refuses all
 * other: nothing is read that another reader could take for something else.
 *
 * @returns the files in their order, one at least
 * @throws `ERR_MALFORMED`, and `ERR_ENTRY_INVALID` where no file or another hash is named
 */
export function readChecksums(lines: readonly string[], { errors }: PluginApi): readonly [Checksum, ...Checksum[]] {
  const malformed = (problem: string) => errors.refuse('ERR_MALFORMED', `malformed helm provenance: ${problem}`);
  const mappings = new Map<string, Map<string, string>>();
  let current: Map<string, string> | undefined;
  let indentation = 0;

  for (const line of lines) {
    if (empty.test(line)) continue;
    const [, indent = '', name, value] = member.exec(line) ?? [];
    if (name === undefined) throw malformed('a line that is no checksum');
    if (indent === '') {
      if (value !== undefined || !known.has(name) || mappings.has(name)) throw malformed('not files and images');
      current = new Map();
      mappings.set(name, current);
      continue;
    }
    if (current?.size === 0) indentation = indent.length;
    if (current === undefined || value === undefined || indent.length !== indentation) {
      throw malformed('a checksum out of line');
    }
    if (current.has(unquote(name))) throw malformed('a file that is named twice');
    current.set(unquote(name), unquote(value));
  }

  const checksums = [...(mappings.get('files') ?? [])].map(([name, value]): Checksum => {
    const [, digestHex] = /^sha256:([0-9a-f]{64})$/.exec(value) ?? [];
    if (digestHex === undefined) throw errors.refuse('ERR_ENTRY_INVALID', 'invalid hash found in Provenance file');
    return { name, digestHex };
  });
  const [first, ...others] = checksums;
  if (first === undefined) throw errors.refuse('ERR_ENTRY_INVALID', 'no checksums found');
  return [first, ...others];
}

function unquote(text: string): string {
  return /^["']/.test(text) ? text.slice(1, -1) : text;
}
