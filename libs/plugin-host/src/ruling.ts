import type { AdmissionCheck, AdmissionInput, Verdict } from '@countersign/plugin-api';
import { limits } from './limits.ts';

/** One use of a policy, its settings read. */
export interface PreparedPolicy {
  readonly id: string;
  /** `kind` or `kind:version`: it is not asked about others. About all when absent. */
  readonly kinds?: ReadonlySet<string>;
  readonly check: AdmissionCheck;
}

/** A policy, or several of which one has to allow. */
export type PreparedRule = PreparedPolicy | { readonly any: readonly PreparedPolicy[] };

/** Why an upload is denied. */
export interface Denial {
  /** In words for whoever uploads. */
  readonly reason: string;
  /** The ids of the policies that denied it; none when it was no concern of any. */
  readonly policies: readonly string[];
}

/** A policy that threw, or said what is no verdict. */
export interface PolicyFailure {
  readonly policy: string;
  /** For the node's log alone. */
  readonly error: string;
}

/** What the policies say together. */
export interface Ruling {
  /** Absent when the upload may pass. */
  readonly denial?: Denial;
  readonly failures: readonly PolicyFailure[];
}

/** What one rule says, and by whom it denies. */
interface Opinion extends Verdict {
  readonly policies: readonly string[];
}

/**
 * Asks the policies, in their order, until one denies: each rule has to allow, or to abstain, and one has to allow.
 * Of an `any` one has to allow; where all of it abstain, it abstains. Without any rule everything passes.
 */
export async function ruleOn(rules: readonly PreparedRule[], input: AdmissionInput): Promise<Ruling> {
  const failures: PolicyFailure[] = [];
  let allowed = rules.length === 0;
  for (const rule of rules) {
    const ask = (policy: PreparedPolicy) => opinionOf(policy, input, failures);
    const { decision, reason, policies } = 'any' in rule ? await anyOf(rule.any, ask) : await ask(rule);
    if (decision === 'deny') return { denial: { reason, policies }, failures };
    allowed ||= decision === 'allow';
  }
  if (allowed) return { failures };
  const { kind, apiVersion } = input.entry;
  return { denial: { reason: `no admission policy allows ${kind} ${apiVersion}`, policies: [] }, failures };
}

async function anyOf(
  policies: readonly PreparedPolicy[],
  ask: (policy: PreparedPolicy) => Promise<Opinion>,
): Promise<Opinion> {
  const denials: Opinion[] = [];
  for (const policy of policies) {
    const opinion = await ask(policy);
    if (opinion.decision === 'allow') return opinion;
    if (opinion.decision === 'deny') denials.push(opinion);
  }
  return {
    decision: denials.length === 0 ? 'abstain' : 'deny',
    reason: denials.map(({ reason }) => reason).join('; '),
    policies: [...new Set(denials.flatMap(({ policies }) => policies))],
  };
}

async function opinionOf(
  { id, kinds, check }: PreparedPolicy,
  input: AdmissionInput,
  failures: PolicyFailure[],
): Promise<Opinion> {
  const { kind, apiVersion } = input.entry;
  const policies = [id];
  if (kinds !== undefined && !kinds.has(kind) && !kinds.has(`${kind}:${apiVersion}`)) {
    return { decision: 'abstain', reason: '', policies };
  }
  try {
    const { decision, reason } = readVerdict(await check(input));
    return { decision, reason: `admission policy ${id}: ${reason}`, policies };
  } catch (error) {
    failures.push({ policy: id, error: describe(error) });
    // Why is not for strangers.
    return { decision: 'deny', reason: `admission policy ${id} failed`, policies };
  }
}

/** Written for values of any shape: a policy is somebody else's code. */
function readVerdict(value: unknown): Verdict {
  const { decision, reason } = (value ?? {}) as Partial<Verdict>;
  const isDecision = decision === 'allow' || decision === 'deny' || decision === 'abstain';
  if (!isDecision || typeof reason !== 'string') throw new Error(`malformed verdict: ${describe(value)}`);
  return { decision, reason: reason.slice(0, limits.reasonLength) };
}

function describe(value: unknown): string {
  let text: string;
  try {
    text = value instanceof Error ? (value.stack ?? value.message) : (JSON.stringify(value) ?? String(value));
  } catch {
    text = 'something that cannot be shown';
  }
  return String(text).slice(0, limits.failureLength);
}
