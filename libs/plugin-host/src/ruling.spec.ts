import type { AdmissionInput, Verdict } from '@countersign/plugin-api';
import fc from 'fast-check';
import { limits } from './limits.ts';
import { type PreparedPolicy, type PreparedRule, ruleOn } from './ruling.ts';

const input: AdmissionInput = {
  entry: { kind: 'toy', apiVersion: '0.0.1', spec: {}, indexKeys: [], verifiers: [] },
  bytes: 1,
  request: {},
  now: new Date(0),
};
type Decision = Verdict['decision'];
const policy = (id: string, decision: Decision): PreparedPolicy => ({
  id,
  check: () => ({ decision, reason: `${decision} of ${id}` }),
});
const says = (id: string, value: unknown): PreparedPolicy => ({ id, check: async () => value as Verdict });
const throws = (id: string, value: unknown): PreparedPolicy => ({
  id,
  check: () => {
    throw value;
  },
});
const denial = async (...rules: PreparedRule[]) => (await ruleOn(rules, input)).denial;

describe('ruleOn', () => {
  it('lets everything pass where there is no policy', async () => {
    expect(await ruleOn([], input)).toEqual({ failures: [] });
  });

  it('lets pass what one allows and none denies', async () => {
    expect(await denial(policy('a', 'allow'))).toBeUndefined();
    expect(await denial(policy('a', 'abstain'), policy('b', 'allow'))).toBeUndefined();
    expect(await denial(policy('a', 'allow'), policy('b', 'deny'), policy('c', 'deny'))).toEqual({
      reason: 'admission policy b: deny of b',
      policies: ['b'],
    });
  });

  it('denies what is no concern of any', async () => {
    const nobody = { reason: 'no admission policy allows toy 0.0.1', policies: [] };
    expect(await denial(policy('a', 'abstain'))).toEqual(nobody);
    expect(await denial({ any: [policy('a', 'abstain')] }, policy('b', 'abstain'))).toEqual(nobody);
  });

  it('asks for one of several, and denies with the reasons of all', async () => {
    const any = (...decisions: Decision[]) => ({ any: decisions.map((one, at) => policy(`p${at}`, one)) });
    expect(await denial(any('deny', 'allow'))).toBeUndefined();
    expect(await denial(any('abstain', 'deny', 'deny'), policy('b', 'allow'))).toEqual({
      reason: 'admission policy p1: deny of p1; admission policy p2: deny of p2',
      policies: ['p1', 'p2'],
    });
    expect(await denial(any('abstain', 'abstain'), policy('b', 'allow'))).toBeUndefined();
    expect(await denial({ any: [] })).toBeDefined();
  });

  it('does not ask a policy about other kinds than its own', async () => {
    const about = (...kinds: string[]) => ({ ...policy('a', 'deny'), kinds: new Set(kinds) });
    const allow = policy('b', 'allow');
    expect(await denial(about('toy'), allow)).toBeDefined();
    expect(await denial(about('toy:0.0.1'), allow)).toBeDefined();
    expect(await denial(about('toy:0.0.2', 'other'), allow)).toBeUndefined();
    expect(await denial({ ...allow, kinds: new Set(['other']) })).toBeDefined();
  });

  it.each([
    ['throws', throws('a', new Error('a secret')), /^Error: a secret\n/],
    ['throws nothing', throws('a', undefined), /^undefined$/],
    ['rejects', { id: 'a', check: () => Promise.reject(new Error('a secret')) }, /^Error: a secret\n/],
    ['throws what cannot be shown', throws('a', { toJSON: () => throwAgain() }), /cannot be shown/],
    ['says nothing', says('a', undefined), /malformed verdict: undefined/],
    ['says null', says('a', null), /malformed verdict: null/],
    ['says true', says('a', true), /malformed verdict: true/],
    ['decides something else', says('a', { decision: 'yes', reason: '' }), /malformed verdict: {"decision":"yes"/],
    ['gives no reason', says('a', { decision: 'allow' }), /malformed verdict/],
    ['is full of traps', says('a', new Proxy({}, { get: () => throwAgain() })), /./],
  ] as [string, PreparedPolicy, RegExp][])('denies when a policy %s, and says why to nobody', async (_, bad, error) => {
    const ruling = await ruleOn([policy('b', 'allow'), bad], input);
    expect(ruling.denial).toEqual({ reason: 'admission policy a failed', policies: ['a'] });
    expect(ruling.failures).toEqual([{ policy: 'a', error: expect.stringMatching(error) }]);
  });

  it('tells of a failure where another one allows', async () => {
    const { denial, failures } = await ruleOn([{ any: [throws('a', 1), policy('b', 'allow')] }], input);
    expect(denial).toBeUndefined();
    expect(failures).toEqual([{ policy: 'a', error: '1' }]);
  });

  it('cuts reasons and failures short', async () => {
    const reason = 'x'.repeat(limits.reasonLength);
    for (const more of ['', 'y']) {
      expect((await denial(says('a', { decision: 'deny', reason: reason + more })))?.reason).toBe(
        `admission policy a: ${reason}`,
      );
    }
    const { failures } = await ruleOn([throws('a', 'x'.repeat(limits.failureLength * 2))], input);
    expect(failures[0]?.error).toHaveLength(limits.failureLength);
  });

  it('never lets pass what a policy denies', async () => {
    const decision = fc.constantFrom<Decision>('allow', 'deny', 'abstain');
    await fc.assert(
      fc.asyncProperty(fc.array(decision, { minLength: 1, maxLength: 6 }), async (decisions) => {
        const found = await denial(...decisions.map((one, at) => policy(`p${at}`, one)));
        const passes = !decisions.includes('deny') && decisions.includes('allow');
        expect(found === undefined).toBe(passes);
      }),
    );
  });
});

function throwAgain(): never {
  throw new Error('again');
}
