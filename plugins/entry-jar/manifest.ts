import { isUtf8 } from 'node:buffer';
import type { PluginApi } from '@countersign/plugin-api';

/** Attributes of a section; names in upper case, for they are compared without. */
export type Attributes = ReadonlyMap<string, string>;

/** A JAR manifest or signature file. */
export interface Manifest {
  readonly main: Attributes;
  /** What it says of single files, by their names. */
  readonly files: ReadonlyMap<string, Attributes>;
}

/**
 * Reads a manifest or signature file (JAR File Specification, "Notes on Manifest and Signature Files").
 *
 * Only what cannot be read in two ways: lines end all in CR LF or all in LF, every section with one empty
 * line, and no attribute or file stands twice.
 *
 * @throws `ERR_MALFORMED`
 */
export function readManifest({ errors }: PluginApi, bytes: Uint8Array): Manifest {
  // Byte by byte: a line may be folded within a character.
  const raw = Buffer.from(bytes).toString('latin1');
  const crlf = raw.includes('\r\n');
  const lines = crlf ? raw.replaceAll('\r\n', '\n') : raw;
  if (lines.includes('\r') || (crlf && raw.replaceAll('\r\n', '').includes('\n'))) throw malformed('line endings');
  const unfolded = Buffer.from(lines.replaceAll('\n ', ''), 'latin1');
  if (!isUtf8(unfolded) || unfolded.includes(0)) throw malformed('text');
  const text = unfolded.toString('utf8');
  if (!text.endsWith('\n\n')) throw malformed('its last section is not ended by an empty line');

  const [main = new Map(), ...sections] = text.slice(0, -2).split('\n\n').map(readSection);
  const files = new Map<string, Attributes>();
  for (const section of sections) {
    const name = section.get('NAME');
    if (name === undefined) throw malformed('section without a name');
    if (files.has(name)) throw malformed(`${JSON.stringify(name)} stands twice in it`);
    files.set(name, section);
  }
  return { main, files };

  function readSection(section: string): Attributes {
    const attributes = new Map<string, string>();
    for (const line of section.split('\n')) {
      const [, name = '', value = ''] = /^([0-9A-Za-z_-]+): (.*)$/.exec(line) ?? [];
      const key = name.toUpperCase();
      if (key === '' || attributes.has(key)) throw malformed('attribute');
      attributes.set(key, value);
    }
    return attributes;
  }

  function malformed(what: string): Error {
    return errors.refuse('ERR_MALFORMED', `malformed JAR manifest: ${what}`);
  }
}
