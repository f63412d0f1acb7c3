import { isJsonObject, type JsonValue } from '@countersign/encoding';
import { malformed } from '@countersign/errors';
import { parseEntryId } from '@countersign/verify';
import { clientLimits } from './limits.ts';

/** How several criteria are taken together. */
export type SearchOperator = 'and' | 'or';

/** What `POST index/retrieve` looks for, as Rekor's API v1 names it. */
export interface IndexQuery {
  readonly email?: string;
  readonly subject?: string;
  /** `sha256:` and hex. */
  readonly hash?: string;
  readonly publicKey?: { readonly format: string /** Base64. */; readonly content: string };
  readonly operator?: SearchOperator;
}

/** What `GET index/search` looks for, page by page: an API of Countersign's own. */
export interface PageQuery {
  /** Whole index keys. */
  readonly keys: readonly string[];
  /** What index keys begin with. */
  readonly prefixes: readonly string[];
  readonly operator: SearchOperator;
  /** The most entries a page may have. */
  readonly limit: number;
  /** Only entries below this index are asked for. */
  readonly before?: number;
}

/** One entry of a page, by its names. */
export interface FoundEntry {
  /** 80 hex digits. */
  readonly uuid: string;
  /** Counted over all shards. */
  readonly logIndex: number;
  /** Seconds since 1970. */
  readonly integratedTime: number;
  /** `null` where the log cannot tell, or does not. */
  readonly display: FoundDisplay | null;
}

/** What an entry shows of itself: the log's word, and text that is not to be trusted with a terminal. */
export interface FoundDisplay {
  readonly kind: string;
  readonly title: string;
  readonly subject?: string;
  readonly digest?: string;
}

/** One page of a search. */
export interface FoundPage {
  /** Newest first. */
  readonly entries: readonly FoundEntry[];
  /** `before` of the next page; `null` on the last. */
  readonly next: number | null;
  /** Every entry below this index was looked at. */
  readonly indexedTo: number;
  readonly treeSize: number;
}

/** The list that `index/retrieve` answers: UUIDs or entry ids in lower case. Throws `ERR_MALFORMED`. */
export function parseFoundUuids(value: JsonValue): readonly string[] {
  if (!Array.isArray(value)) throw malformed('answer', 'not a list of UUIDs');
  return value.map((item: JsonValue) => readId(item));
}

/**
 * A page as `index/search` answers it, which must be one that was asked for: not over the limit,
 * strictly newest first, below `before`, and with a `next` that leads on. Throws `ERR_MALFORMED`.
 */
export function parseFoundPage(value: JsonValue, { limit, before }: PageQuery): FoundPage {
  if (!isJsonObject(value) || !Array.isArray(value.entries)) throw malformed('answer', 'not a page of entries');
  if (value.entries.length > limit) throw malformed('answer', `more than the ${limit} entries asked for`);
  let bound = before ?? Number.MAX_SAFE_INTEGER;
  const entries = value.entries.map((item: JsonValue): FoundEntry => {
    if (!isJsonObject(item)) throw malformed('answer', 'an entry is not an object');
    const uuid = readId(item.uuid);
    if (uuid.length !== 80) throw malformed('answer', 'a UUID without its tree');
    const logIndex = readCount(item.logIndex, 'logIndex');
    if (logIndex >= bound) throw malformed('answer', 'entries that are not newest first, or not below --before');
    bound = logIndex;
    const integratedTime = readCount(item.integratedTime, 'integratedTime');
    if (integratedTime > clientLimits.integratedTime) throw malformed('answer', 'a time that is none');
    return { uuid, logIndex, integratedTime, display: readDisplay(item.display) };
  });
  const next = value.next === null ? null : readCount(value.next, 'next');
  if (next !== null && (next > bound || next === before)) throw malformed('answer', 'a next page that leads nowhere');
  const indexedTo = readCount(value.indexedTo, 'indexedTo');
  const treeSize = readCount(value.treeSize, 'treeSize');
  if (indexedTo > treeSize) throw malformed('answer', 'an index that is ahead of its log');
  return { entries, next, indexedTo, treeSize };
}

function readDisplay(value: JsonValue | undefined): FoundDisplay | null {
  if (value === undefined || value === null) return null;
  if (!isJsonObject(value)) throw malformed('answer', 'a display that is no object');
  const { kind, title, subject, digest } = value;
  return {
    kind: readText(kind),
    title: readText(title),
    ...(subject !== undefined && { subject: readText(subject) }),
    ...(digest !== undefined && { digest: readText(digest) }),
  };
}

function readText(value: JsonValue | undefined): string {
  if (typeof value === 'string' && value.length <= clientLimits.displayText) return value;
  throw malformed('answer', 'a display with what is no text, or too long');
}

function readId(value: JsonValue | undefined): string {
  if (typeof value !== 'string') throw malformed('answer', 'a UUID that is no text');
  parseEntryId(value);
  return value.toLowerCase();
}

function readCount(value: JsonValue | undefined, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw malformed('answer', `${what} is not an integer from 0 to 2^53-1`);
  }
  return value;
}
