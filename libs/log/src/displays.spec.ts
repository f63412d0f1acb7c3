import { CountersignError } from '@countersign/errors';
import { Displays } from './displays.ts';
import { logLimits } from './limits.ts';

const shownAs = (title: string) => ({ kind: 'any', title });
const bodiesOf = (count: number, name = '') =>
  Array.from({ length: count }, (_, n) => async () => Buffer.from(`${name}${n}`));

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
    expect(await displays.of(bodiesOf(count))).toEqual(Array.from({ length: count }, (_, n) => shownAs(`${n}`)));
    expect(await displays.of([])).toEqual([]);
  });

  it('are made a few at a time over all lists, which have their turns', async () => {
    const { displays, begun, most } = setUp();
    const long = displays.of(bodiesOf(3 * logLimits.displaysAtOnce, 'long '));
    const short = displays.of(bodiesOf(1, 'short '));
    await Promise.all([long, short]);
    expect(most()).toBe(logLimits.displaysAtOnce);
    expect(begun.indexOf('short 0')).toBe(logLimits.displaysAtOnce);
  });

  it('are left out where an entry cannot be shown, or read', async () => {
    const refuse = async (): Promise<never> => {
      throw new CountersignError('ERR_ENTRY_KIND_UNKNOWN', 'no such kind');
    };
    const displays = new Displays(async (body) => (body[0] === 48 ? refuse() : shownAs('known')));
    const [zero, one] = bodiesOf(2);
    expect(await displays.of([zero, refuse, one].map((body) => body ?? refuse))).toEqual([
      undefined,
      undefined,
      shownAs('known'),
    ]);
  });

  it('are left out when too many wait, and not before', async () => {
    const { displays } = setUp();
    const all = displays.of(bodiesOf(logLimits.displaysWaiting - 1));
    const [last, more] = [displays.of(bodiesOf(1)), displays.of(bodiesOf(1))];
    expect([await last, await more]).toEqual([[shownAs('0')], [undefined]]);
    await all;
    expect(await displays.of(bodiesOf(1))).toEqual([shownAs('0')]);
  });

  it('go on after an accident, which is not hidden', async () => {
    const displays = new Displays(async (body) => {
      if (body[0] === 48) throw new TypeError('a bug');
      return shownAs('fine');
    });
    const [zero, one] = [bodiesOf(1), bodiesOf(2).slice(1)];
    await expect(displays.of(zero)).rejects.toThrow(TypeError);
    expect(await displays.of(one)).toEqual([shownAs('fine')]);
  });

  it('are nothing where nothing shows them', async () => {
    expect(await new Displays(undefined).of(bodiesOf(2))).toEqual([undefined, undefined]);
  });
});
