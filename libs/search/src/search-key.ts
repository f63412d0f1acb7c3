import { searchLimits } from './limits.ts';

/** What lower case does not look at the characters around. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
const ascii = /^[\x00-\x7f]*$/;

/** No character, and no UTF-8. */
const loneSurrogate = /\p{Surrogate}/u;

/**
 * A key as it is stored and looked up: in lower case, character by character, so that what starts with a text still
 * does; and such text as UTF-8 can say.
 */
export function searchKey(text: string): string {
  if (ascii.test(text)) return text.toLowerCase();
  return Array.from(text, (one) => (loneSurrogate.test(one) ? '\ufffd' : one.toLowerCase())).join('');
}

/** The keys an entry is stored under, each once. Empty ones and those over the limit are left out. */
export function searchKeys(indexKeys: readonly string[]): string[] {
  return [...new Set(indexKeys.filter((key) => key !== '' && isShort(key)).map(searchKey))];
}

/** Tells whether text has at most as many characters (code points) as a key may have. */
export function isShort(text: string): boolean {
  // Two code units at most make a character; counting is for those in between.
  if (text.length <= searchLimits.keyCharacters) return true;
  if (text.length > 2 * searchLimits.keyCharacters) return false;
  return [...text].length <= searchLimits.keyCharacters;
}

const firstSurrogate = 0xd800;
const lastSurrogate = 0xdfff;
const lastCodePoint = 0x10ffff;

/**
 * The least text, in the order of code points, that is above every text that starts with `prefix`; `undefined` when
 * there is none. UTF-8 sorts by code points, too.
 */
export function prefixEnd(prefix: string): string | undefined {
  const characters = [...prefix];
  for (let last = characters.pop(); last !== undefined; last = characters.pop()) {
    const next = (last.codePointAt(0) ?? 0) + 1;
    if (next > lastCodePoint) continue;
    const following = next >= firstSurrogate && next <= lastSurrogate ? lastSurrogate + 1 : next;
    return characters.join('') + String.fromCodePoint(following);
  }
  return undefined;
}
