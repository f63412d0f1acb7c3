import type { JsonObject, JsonValue } from '@countersign/encoding';
import { type PageQuery, parseFoundPage, parseFoundUuids } from './index-search.ts';
import { clientLimits } from './limits.ts';

const malformed = expect.objectContaining({ code: 'ERR_MALFORMED' });
const uuid = `0000000000000001${'ab'.repeat(32)}`;
const entry = (logIndex: number, change: JsonObject = {}): JsonObject => ({
  uuid,
  logIndex,
  integratedTime: 1,
  display: null,
  ...change,
});
const page = (change: JsonObject = {}): JsonObject => ({
  entries: [entry(7), entry(3)],
  next: 3,
  indexedTo: 9,
  treeSize: 9,
  ...change,
});
const query: PageQuery = { keys: ['a'], prefixes: [], operator: 'or', limit: 2 };

describe('UUIDs found', () => {
  it('are entry ids, or UUIDs alone, in lower case', () => {
    expect(parseFoundUuids([])).toEqual([]);
    expect(parseFoundUuids([uuid.toUpperCase(), 'ab'.repeat(32)])).toEqual([uuid, 'ab'.repeat(32)]);
  });

  it.each<[JsonValue]>([
    [null],
    [{}],
    [uuid],
    [[1]],
    [[null]],
    [[`${uuid}0`]],
    [[`g${uuid.slice(1)}`]],
    [[`${uuid}\n`]],
    [['0'.repeat(80)]],
  ])('are not %j', (value) => {
    expect(() => parseFoundUuids(value)).toThrow(malformed);
  });
});

describe('a page of entries found', () => {
  it('is read', () => {
    expect(parseFoundPage(page({ unknown: 1 }), query)).toEqual(page());
    expect(parseFoundPage(page({ entries: [], next: null, indexedTo: 0, treeSize: 0 }), query).entries).toEqual([]);
    expect(parseFoundPage(page(), { ...query, before: 8 }).next).toBe(3);
    // The end of what was looked at, not of what is there.
    expect(parseFoundPage(page({ entries: [], next: 5 }), { ...query, before: 8 }).next).toBe(5);
  });

  it('has what each entry shows of itself, where the log tells', () => {
    const shown = (display?: JsonValue) => {
      const { display: _, ...bare } = entry(1);
      const one = display === undefined ? bare : { ...bare, display };
      return parseFoundPage(page({ entries: [one], next: null }), query).entries[0]?.display;
    };
    expect([shown(), shown(null)]).toEqual([null, null]);
    const title = 'x'.repeat(clientLimits.displayText);
    expect(shown({ kind: 'rpm', title, more: 1 })).toEqual({ kind: 'rpm', title });
    const whole = { kind: 'rpm', title, subject: 'a', digest: 'sha256:ab' };
    expect(shown(whole)).toEqual(whole);
    for (const wrong of [
      'text',
      [],
      {},
      { kind: 'rpm' },
      { ...whole, title: `${title}x` },
      { ...whole, subject: null },
    ]) {
      expect(() => shown(wrong)).toThrow(malformed);
    }
  });

  it('has times up to the year 9999', () => {
    const at = (integratedTime: number) => page({ entries: [entry(1, { integratedTime })], next: null });
    expect(parseFoundPage(at(clientLimits.integratedTime), query).entries).toHaveLength(1);
    expect(() => parseFoundPage(at(clientLimits.integratedTime + 1), query)).toThrow(malformed);
  });

  it.each<[string, JsonValue]>([
    ['a list', []],
    ['nothing', {}],
    ['entries that are none', page({ entries: {} })],
    ['more than the limit', page({ entries: [entry(7), entry(6), entry(5)] })],
    ['an entry that is text', page({ entries: [uuid] })],
    ['an entry that is null', page({ entries: [null] })],
    ['a UUID without a tree', page({ entries: [entry(7, { uuid: 'ab'.repeat(32) })] })],
    ['a UUID that moves the cursor', page({ entries: [entry(7, { uuid: '\u001b[2J' })] })],
    ['the oldest first', page({ entries: [entry(3), entry(7)] })],
    ['an entry twice', page({ entries: [entry(3), entry(3)] })],
    ['an entry not below', page({ entries: [entry(8)] })],
    ['an index as text', page({ entries: [entry(7, { logIndex: '7' })] })],
    ['half an index', page({ entries: [entry(0.5)] })],
    ['a negative time', page({ entries: [entry(7, { integratedTime: -1 })] })],
    ['no next', { entries: [], indexedTo: 9, treeSize: 9 }],
    ['a next page above the last entry', page({ next: 4 })],
    ['a next page that is this one', page({ entries: [], next: 8 })],
    ['a negative next page', page({ next: -1 })],
    ['an index ahead of the log', page({ indexedTo: 10 })],
    ['no size', page({ treeSize: null })],
  ])('is not one with %s', (_, value) => {
    expect(() => parseFoundPage(value, { ...query, before: 8 })).toThrow(malformed);
  });
});
