import { isUtf8 } from 'node:buffer';
import type { PluginApi } from '@countersign/plugin-api';

/**
 * Reads a `.PKGINFO`: lines of `key = value`. A key that stands there again replaces what it was, as the log has
 * always had it: of several `depend` the last stays.
 *
 * Upstream reads it as an INI file, so the same is done here: a key ends at the first `=` or `:`, a value at the first
 * `#` or `;`, and quotes around it go. What INI can do beyond a line (sections, continued and quoted lines) is refused.
 *
 * @throws `ERR_MALFORMED`
 */
export function readPkginfo({ errors }: PluginApi, bytes: Buffer): ReadonlyMap<string, string> {
  const text = bytes.toString('utf8');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not be there, and spaces of Go's or ours alone
  if (!isUtf8(bytes) || /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufeff]/.test(text)) throw malformed('text');
  const fields = new Map<string, string>();
  for (const untrimmed of text.split('\n')) {
    const line = untrimmed.trimStart();
    if (line === '' || /^[#;]/.test(line)) continue;
    const [, name, rest] = /^([^=:]+)[=:](.*)$/.exec(line) ?? [];
    const key = name?.trim();
    const value = rest?.trim();
    if (key === undefined || value === undefined || /^(["`[].*|-)$/.test(key) || /^`|^"""|\\$/.test(value)) {
      throw malformed('line');
    }
    fields.set(key, unquoted(value.replace(/[#;].*$/, '').trim()));
  }
  return fields;

  function unquoted(value: string): string {
    return value.replace(/^'([^']*)'$|^"([^"]*)"$/, '$1$2');
  }

  function malformed(what: string): Error {
    return errors.refuse('ERR_MALFORMED', `malformed .PKGINFO: ${what}`);
  }
}
