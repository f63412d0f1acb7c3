import type { SearchCriteria, VirtualIndex } from '@countersign/log';
import { virtualIndex } from '@countersign/log';
import { integerParameter, type Query, refuseParameter, textParameters } from './parameters.ts';

/** What one search may ask. */
export const searchQueryLimits = {
  /** Keys and prefixes together. */
  criteria: 20,
  /** Characters of each. */
  characters: 512,
  /** Entries of a page, and when none is said. */
  entries: 1000,
  defaultEntries: 100,
} as const;

/** The query of `GET /api/v1/index/search`. */
export interface SearchQuery {
  readonly criteria: SearchCriteria;
  readonly limit: number;
  readonly before: VirtualIndex | undefined;
}

/**
 * Reads the query of `GET /api/v1/index/search`.
 *
 * @throws `ERR_SCHEMA`: 602 without a criterion, 603 and 604 on a text that is too long or empty, 606 on another
 * operator, 608 and 609 on a limit out of range, 611 on too many criteria
 */
export function parseSearchQuery(query: Query): SearchQuery {
  const { criteria, characters, entries, defaultEntries } = searchQueryLimits;
  const keys = textParameters(query, 'key', characters);
  const prefixes = textParameters(query, 'prefix', characters);
  if (keys.length + prefixes.length === 0) throw refuseParameter(602, 'key', 'query', 'is required');
  if (keys.length + prefixes.length > criteria) {
    throw refuseParameter(611, 'key', 'query', `should have at most ${criteria} items`);
  }
  const [operator = 'or'] = textParameters(query, 'operator', characters).slice(-1);
  if (operator !== 'or' && operator !== 'and') {
    throw refuseParameter(606, 'operator', 'query', 'should be one of [and or]');
  }
  const limit = integerParameter(query, 'limit', 1) ?? defaultEntries;
  if (limit > entries) throw refuseParameter(608, 'limit', 'query', `should be less than or equal to ${entries}`);
  const before = integerParameter(query, 'before', 0);
  return {
    criteria: { keys, prefixes, operator },
    limit,
    before: before === undefined ? undefined : virtualIndex(before),
  };
}
