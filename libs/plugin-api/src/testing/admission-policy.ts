import assert from 'node:assert/strict';
import type { JsonObject } from '../json.ts';
import type { AdmissionEntry, AdmissionInput, AdmissionPolicy, PolicyContext, Verdict } from '../policy.ts';
import { frozen } from './mutate.ts';
import { globalRunner, type Runner } from './runner.ts';

/** One upload, and what the policy has to say of it. */
export interface PolicyCase extends Partial<Omit<AdmissionInput, 'entry'>> {
  readonly name: string;
  /** What is absent is empty. */
  readonly entry: Pick<AdmissionEntry, 'kind' | 'apiVersion'> & Partial<AdmissionEntry>;
  readonly decision: Verdict['decision'];
  /** What the reason contains. */
  readonly reason?: string;
}

/** Settings, and uploads that are decided by them. */
export interface PolicyUseTest {
  readonly settings: JsonObject;
  readonly cases: readonly PolicyCase[];
}

/** What {@link testAdmissionPolicy} tests. */
export interface AdmissionPolicyTest {
  readonly policy: AdmissionPolicy;
  /** The compiled schema: what is wrong with settings, or `undefined`. The host asks it first. */
  readonly validate: (settings: unknown) => unknown;
  readonly uses: readonly PolicyUseTest[];
  /** Settings that cannot work. */
  readonly refused?: readonly JsonObject[];
  /** What is loaded beside; unless told, the entry types of the cases. */
  readonly entryTypes?: PolicyContext['entryTypes'];
  readonly runner?: Runner;
}

/**
 * Tests what every admission policy promises: the verdicts it should give, each with a reason, and the same one when it is
 * asked again; a verdict, and never an accident, on uploads that nobody signed or nobody asks for; and a refusal of
 * settings that cannot work.
 */
export function testAdmissionPolicy(name: string, test: AdmissionPolicyTest): void {
  const { describe, it } = test.runner ?? globalRunner();
  const cases = test.uses.flatMap((use) => use.cases);
  const entryTypes = test.entryTypes ?? cases.map(({ entry: { kind, apiVersion } }) => ({ kind, apiVersion }));

  function prepare(settings: JsonObject) {
    return test.policy.prepare(frozen(structuredClone(settings)), { entryTypes });
  }

  describe(name, () => {
    for (const [at, { settings, cases }] of test.uses.entries()) {
      describe(`with settings ${at + 1}`, () => {
        for (const { name, decision, reason = '', ...given } of cases) {
          it(`says ${decision} of ${name}`, async () => {
            assert.equal(test.validate(settings), undefined, 'the settings do not fit the schema');
            const check = await prepare(settings);
            const first = wellFormed(await check(inputOf(given)));
            assert.equal(first.decision, decision, `${first.decision}: ${first.reason}`);
            assert.ok(first.reason.includes(reason), `the reason is: ${first.reason}`);
            assert.deepEqual(wellFormed(await check(inputOf(given))), first, 'another verdict when asked again');
          });
        }

        it('has a verdict on what nobody signed, and nobody asks for', async () => {
          const check = await prepare(settings);
          for (const { name: _, decision: __, reason: ___, ...given } of cases) {
            wellFormed(await check(inputOf({ ...given, request: {} })));
            wellFormed(await check(inputOf({ ...given, entry: { ...given.entry, verifiers: [] } })));
            wellFormed(await check(inputOf({ ...given, entry: { ...given.entry, kind: 'another' }, bytes: 0 })));
          }
        });
      });
    }

    for (const [at, settings] of (test.refused ?? []).entries()) {
      it(`refuses settings that cannot work (${at + 1})`, async () => {
        if (test.validate(settings) === undefined) await assert.rejects(async () => prepare(settings));
      });
    }
  });
}

function inputOf({ entry, ...given }: Omit<PolicyCase, 'name' | 'decision' | 'reason'>): AdmissionInput {
  const { spec = {}, indexKeys = [], verifiers = [], ...name } = entry;
  // Bytes cannot be frozen: what holds them is.
  const whole = { ...frozen({ spec, indexKeys, ...name }), verifiers: Object.freeze([...verifiers]) };
  return { bytes: 1, request: {}, now: new Date(), ...given, entry: Object.freeze(whole) };
}

/** What the host takes for a verdict. */
function wellFormed(verdict: Verdict): Verdict {
  assert.ok(typeof verdict === 'object' && verdict !== null, `no verdict: ${verdict}`);
  const { decision, reason } = verdict;
  assert.ok(['allow', 'deny', 'abstain'].includes(decision), `no decision: ${decision}`);
  assert.ok(typeof reason === 'string' && reason !== '', 'no reason');
  return { decision, reason };
}
