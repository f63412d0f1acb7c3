import type { AdmissionCheck, AdmissionInput, Verdict } from '../policy.ts';
import { type AdmissionPolicyTest, testAdmissionPolicy } from './admission-policy.ts';
import { runAll } from './run-all.fixture.ts';

/** Takes what as many have signed as it is told. */
const honest = (least: number): AdmissionCheck => {
  return ({ entry: { verifiers } }) =>
    verifiers.length >= least ? { decision: 'allow', reason: 'enough' } : { decision: 'deny', reason: 'too few' };
};
const verifier = { fingerprint: 'f', algorithm: 'ed25519', identities: [] };
const entry = { kind: 'toy', apiVersion: '0.0.1' };

function testOf(check: (least: number) => AdmissionCheck = honest): AdmissionPolicyTest {
  return {
    policy: {
      async prepare({ least }, { entryTypes }) {
        if (least === 0 || entryTypes.length === 0) throw new Error('all is taken');
        return check(Number(least));
      },
    },
    validate: (settings) => (typeof (settings as { least?: unknown }).least === 'number' ? undefined : 'no number'),
    uses: [
      {
        settings: { least: 1 },
        cases: [
          { name: 'one', entry: { ...entry, verifiers: [verifier] }, decision: 'allow' },
          { name: 'none', entry, decision: 'deny', reason: 'few' },
        ],
      },
    ],
    refused: [{}, { least: 0 }],
  };
}

const failures = (test: AdmissionPolicyTest) => runAll((runner) => testAdmissionPolicy('toy', { ...test, runner }));
const changed = (change: (verdict: Verdict, input: AdmissionInput) => unknown) =>
  testOf((least) => async (input) => change(await honest(least)(input), input) as Verdict);
const with1 = (name: string) => `toy › with settings 1 › ${name}`;
const nobody = with1('has a verdict on what nobody signed, and nobody asks for');

describe('testAdmissionPolicy', () => {
  it('passes a policy that keeps its promises', async () => {
    expect(await failures(testOf())).toEqual([]);
  });

  it.each<[string, AdmissionPolicyTest, readonly string[]]>([
    ['allows everything', changed(() => ({ decision: 'allow', reason: 'x' })), [with1('says deny of none')]],
    ['has another reason', changed((verdict) => ({ ...verdict, reason: 'x' })), [with1('says deny of none')]],
    [
      'has no reason',
      changed((verdict) => ({ ...verdict, reason: '' })),
      [with1('says allow of one'), with1('says deny of none'), nobody],
    ],
    ['says nothing', changed(() => undefined), [with1('says allow of one'), with1('says deny of none'), nobody]],
    [
      'stumbles where nobody signed',
      changed((verdict, input) => (input.entry.verifiers[0]?.algorithm.length as number) > 0 && verdict),
      [with1('says deny of none'), nobody],
    ],
    [
      'stumbles where nobody asks',
      changed((verdict, { request, bytes }) => (bytes === 0 ? request.requester : verdict)),
      [nobody],
    ],
    [
      'writes into what it is given',
      changed((verdict, { entry }) => {
        (entry.spec as { x?: number }).x = 1;
        return verdict;
      }),
      [with1('says allow of one'), with1('says deny of none'), nobody],
    ],
    [
      'takes settings that cannot work',
      { ...testOf(), refused: [{ least: 1 }] },
      ['toy › refuses settings that cannot work (1)'],
    ],
    [
      'has settings that do not fit',
      { ...testOf(), validate: () => 'never' },
      [with1('says allow of one'), with1('says deny of none')],
    ],
  ])('fails one that %s', async (_, test, expected) => {
    expect(await failures(test)).toEqual(expected);
  });

  it('fails one that changes its mind', async () => {
    let asked = 0;
    const fickle = changed((verdict) => ({ ...verdict, reason: `${verdict.reason} ${asked++}` }));
    expect(await failures(fickle)).toEqual([with1('says allow of one'), with1('says deny of none')]);
  });
});
