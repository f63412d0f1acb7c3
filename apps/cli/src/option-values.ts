import { InvalidArgumentError } from 'commander';
import { cliLimits } from './limits.ts';

/** Milliseconds of a duration as Go writes it: `30s`, `1m30s`, `500ms`, `0`. */
export function duration(text: string): number {
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  if (text === '0') return 0;
  if (!/^(?:\d{1,9}(?:\.\d{1,3})?(?:ms|s|m|h))+$/.test(text)) {
    throw new InvalidArgumentError('A duration is written like 30s, 1m30s or 500ms.');
  }
  let total = 0;
  for (const [, number, unit] of text.matchAll(/([\d.]+)(ms|s|m|h)/g))
    total += Number(number) * (units[unit ?? ''] ?? 0);
  return Math.round(total);
}

/** A whole number from 0. */
export function count(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new InvalidArgumentError('It must be a whole number from 0.');
  return value;
}

/** A whole number from 1. */
export function size(text: string): number {
  const value = count(text);
  if (value === 0) throw new InvalidArgumentError('It must be above 0.');
  return value;
}

/** A TCP port; 0 lets the system choose. */
export function port(text: string): number {
  const value = count(text);
  if (value > 65_535) throw new InvalidArgumentError('A port is at most 65535.');
  return value;
}

/** `true` or `false`. */
export function flag(text: string): boolean {
  if (/^(?:true|t|1)$/i.test(text)) return true;
  if (/^(?:false|f|0)$/i.test(text)) return false;
  throw new InvalidArgumentError('It must be true or false.');
}

/** An http(s) address, without a slash at its end. */
export function address(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new InvalidArgumentError('It must be an address that begins with http:// or https://.');
  }
  return text.replace(/\/+$/, '');
}

/** A UUID (64 hex digits) or entry id (80). */
export function entryId(text: string): string {
  if (!/^(?:[0-9a-f]{16})?[0-9a-f]{64}$/i.test(text)) {
    throw new InvalidArgumentError('A UUID has 64 hex digits, an entry id 80.');
  }
  return text.toLowerCase();
}

/** A digest in hex, with or without its algorithm before it. */
export function digest(text: string): string {
  if (!/^(?:sha256:)?[0-9a-f]{64}$|^(?:sha384:)?[0-9a-f]{96}$|^(?:sha512:)?[0-9a-f]{128}$/i.test(text)) {
    throw new InvalidArgumentError('It must be a SHA-256, SHA-384 or SHA-512 digest in hex.');
  }
  return text.toLowerCase();
}

/** A digest that `search` finds: SHA-1, SHA-256 or SHA-512 in hex, as `algorithm:hex` in lower case. */
export function searchDigest(text: string): string {
  const [, given, hex = ''] = /^(?:(sha1|sha256|sha512):)?([0-9a-f]+)$/i.exec(text) ?? [];
  const algorithm = new Map([
    [40, 'sha1'],
    [64, 'sha256'],
    [128, 'sha512'],
  ]).get(hex.length);
  if (algorithm === undefined || (given?.toLowerCase() ?? algorithm) !== algorithm) {
    throw new InvalidArgumentError(
      'It must be a SHA-1, SHA-256 or SHA-512 digest in hex; others are found with --key ALGORITHM:HEX.',
    );
  }
  return `${algorithm}:${hex.toLowerCase()}`;
}

/** An e-mail address, roughly: the log has the last word. */
export function email(text: string): string {
  if (!/^[^\s@]+@[^\s@]+$/.test(text)) throw new InvalidArgumentError('It must be an e-mail address.');
  return text;
}

/** What is compared with index keys: 1 to 512 characters. */
export function searchText(text: string): string {
  if (text === '' || text.length > cliLimits.searchKeyLength) {
    throw new InvalidArgumentError(`It must have 1 to ${cliLimits.searchKeyLength} characters.`);
  }
  return text;
}

/** How many entries a page has, at most. */
export function pageSize(text: string): number {
  const value = size(text);
  if (value > cliLimits.searchPage) throw new InvalidArgumentError(`It is at most ${cliLimits.searchPage}.`);
  return value;
}

/** A kind with its version, if any: `hashedrekord`, `hashedrekord:0.0.1`. */
export function kind(text: string): string {
  if (!/^[a-z0-9][a-z0-9._-]*(?::[0-9]+(?:\.[0-9]+)*)?$/i.test(text)) {
    throw new InvalidArgumentError('A type is written kind or kind:version, such as hashedrekord:0.0.1.');
  }
  return text;
}

/** A tree id in decimal. */
export function treeId(text: string): string {
  if (!/^\d{1,19}$/.test(text)) throw new InvalidArgumentError('A tree id is a decimal number.');
  return text;
}

/** Standard base64. */
export function base64(text: string): string {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) {
    throw new InvalidArgumentError('It must be base64.');
  }
  return text;
}

/** Reads a value of an option that may be given once: with rekor-cli the last one counts, and the others are forgotten. */
export function once<T>(parse: (text: string) => T): (text: string, before: T | undefined) => T {
  return (text, before) => {
    if (before !== undefined) throw new InvalidArgumentError('It is given once; --key may be repeated.');
    return parse(text);
  };
}

/** A value of an option that may be given several times. */
export function several(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

/** Index keys, or what they begin with; may be given several times. */
export function searchTexts(text: string, before: readonly string[] | undefined): readonly string[] {
  return several(searchText(text), before);
}
