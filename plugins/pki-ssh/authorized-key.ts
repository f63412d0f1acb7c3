import type { PluginApi } from '@countersign/plugin-api';
import { readSshKey, type SshKey } from './ssh-key.ts';

/** The first key of a file, and what stands behind it in its line. */
export interface AuthorizedKey {
  readonly key: SshKey;
  readonly comment: string;
}

/** What upstream's language takes for space at either end of a line; JavaScript's `trim` takes more. */
const space = '[\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const leadingSpace = new RegExp(`^${space}+`);
const oneSpace = new RegExp(space);

/**
 * Reads the first key of an `authorized_keys` file (sshd(8)), such as a `.pub` file. Lines
 * that hold none are passed over, comments and options dropped.
 *
 * @throws `ERR_UNSUPPORTED` for a key that is read and not supported, `ERR_MALFORMED` when no line holds a key
 */
export function readAuthorizedKey(api: PluginApi, file: Uint8Array): AuthorizedKey {
  let refusal: unknown = api.errors.refuse('ERR_MALFORMED', 'no ssh public key found');
  for (const line of Buffer.from(file).toString('utf8').split('\n')) {
    const [text = ''] = line.split('\r', 1);
    const entry = trimmed(text);
    if (entry === '' || entry.startsWith('#')) continue;
    for (const candidate of [entry, withoutOptions(entry)]) {
      try {
        return readLine(api, candidate);
      } catch (error) {
        // Upstream may take this key: going on to the next would log another key for the same file.
        if (isUnsupported(error)) throw error;
        refusal = error;
      }
    }
  }
  throw refusal;
}

function isUnsupported(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_UNSUPPORTED';
}

/** Type, base64 and comment. */
function readLine(api: PluginApi, line: string): AuthorizedKey {
  const [, type, rest] = /^([^ \t]+)[ \t](.*)$/su.exec(line) ?? [];
  if (type === undefined || rest === undefined) throw api.errors.refuse('ERR_MALFORMED', 'malformed ssh public key');
  const fields = trimmed(rest);
  const base64 = fields.split(/[ \t]/, 1).join('');
  const key = readSshKey(api, api.encoding.fromBase64(base64));
  // Otherwise an option in the type's place would be dropped, and what it restricts with it.
  if (key.type !== type) {
    throw api.errors.refuse('ERR_MALFORMED', `ssh public key is of type ${key.type}, not as its line says`);
  }
  return { key, comment: trimmed(fields.slice(base64.length)) };
}

/** What follows the options before a key, such as `restrict` or `command="a b"`. */
function withoutOptions(entry: string): string {
  let isQuoted = false;
  for (let at = 0; at < entry.length; at++) {
    const character = entry.charAt(at);
    if (!isQuoted && (character === ' ' || character === '\t')) return entry.slice(at).replace(/^[ \t]+/, '');
    if (character === '"' && entry.charAt(at - 1) !== '\\') isQuoted = !isQuoted;
  }
  return '';
}

/** In time proportional to the line: a search for space at the end would start anew at each space. */
function trimmed(text: string): string {
  let end = text.length;
  while (end > 0 && oneSpace.test(text.charAt(end - 1))) end--;
  return text.slice(0, end).replace(leadingSpace, '');
}
