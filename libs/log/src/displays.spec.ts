import { CountersignError } from '@countersign/errors';
import { Displays, type Listed } from './displays.ts';
import { virtualIndex } from './indexes.ts';
import { logLimits } from './limits.ts';

const shownAs = (title: string) => ({ kind: 'any', title });
let first = 0;
/** Entries that are in no other list, whose bodies are their numbers in this one. */
function entriesOf(count: number, name = ''): Listed[] {
  first += count;
  const entry = (n: number) => ({
    logIndex: virtualIndex(first - count + n),
    body: async () => Buffer.from(`${name}${n}`),
  });
  return Array.from({ length: count }, (_, n) => entry(n));
}

/** Displays that show a body as its text, and tell how many are under way at once, and in which order they began. */
function setUp() {
  const begun: string[] = [];
  let underWay = 0;
  let most = 0;
  const displays = new Displays(async (body) => {
    begun.push(Buffer.from(body).toString());
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise(setImmediate);
    underWay -= 1;
    return shownAs(Buffer.from(body).toString());
  });
  return { displays, begun, most: () => most };
}

describe('the displays of a list', () => {
  it('are in the order of the entries, however many', async () => {
    const { displays } = setUp();
    const count = 2 * logLimits.displaysAtOnce + 1;
    expect(await displays.of(entriesOf(count))).toEqual(Array.from({ length: count }, (_, n) => shownAs(`${n}`)));
    expect(await displays.of([])).toEqual([]);
  });

  it('are made a few at a time over all lists, which have their turns', async () => {
    const { displays, begun, most } = setUp();
    const long = displays.of(entriesOf(3 * logLimits.displaysAtOnce, 'long '));
    const short = displays.of(entriesOf(1, 'short '));
    await Promise.all([long, short]);
    expect(most()).toBe(logLimits.displaysAtOnce);
    expect(begun.indexOf('short 0')).toBe(logLimits.displaysAtOnce);
  });

  it('are left out where an entry cannot be shown, or read', async () => {
    const refuse = async (): Promise<never> => {
      throw new CountersignError('ERR_ENTRY_KIND_UNKNOWN', 'no such kind');
    };
    const displays = new Displays(async (body) => (body[0] === 48 ? refuse() : shownAs('known')));
    const entries = entriesOf(3).map((entry, n) => (n === 1 ? { ...entry, body: refuse } : entry));
    expect(await displays.of(entries)).toEqual([undefined, undefined, shownAs('known')]);
  });

  it('are made once, and the newest are kept', async () => {
    const { displays, begun } = setUp();
    const [one, two] = [entriesOf(2, 'one '), entriesOf(1, 'two ')];
    await displays.of(one);
    expect(await displays.of([...two, ...one])).toEqual([shownAs('two 0'), shownAs('one 0'), shownAs('one 1')]);
    expect(begun).toEqual(['one 0', 'one 1', 'two 0']);
    for (let more = logLimits.displaysKept - 2; more > 0; more -= 1000) {
      await displays.of(entriesOf(Math.min(1000, more)));
    }
    const before = begun.length;
    await displays.of(one.slice(1));
    expect(begun.slice(before)).toEqual([]);
    await displays.of(one.slice(0, 1));
    expect(begun.slice(before)).toEqual(['one 0']);
  });

  it('are left out when too many wait, and not before', async () => {
    const { displays } = setUp();
    const all = displays.of(entriesOf(logLimits.displaysWaiting - 1));
    const [last, more] = [displays.of(entriesOf(1)), displays.of(entriesOf(1))];
    expect([await last, await more]).toEqual([[shownAs('0')], [undefined]]);
    await all;
    expect(await displays.of(entriesOf(1))).toEqual([shownAs('0')]);
  });

  it('go on after an accident, which is not hidden', async () => {
    const displays = new Displays(async (body) => {
      if (body[0] === 48) throw new TypeError('a bug');
      return shownAs('fine');
    });
    const [zero, one] = [entriesOf(1), entriesOf(2).slice(1)];
    await expect(displays.of(zero)).rejects.toThrow(TypeError);
    expect(await displays.of(one)).toEqual([shownAs('fine')]);
  });

  it('are nothing where nothing shows them', async () => {
    expect(await new Displays(undefined).of(entriesOf(2))).toEqual([undefined, undefined]);
  });
});
