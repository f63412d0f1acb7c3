import { CountersignError, nearest } from '@countersign/errors';
import type { JsonObject } from '@countersign/plugin-api';
import type { Catalog } from './catalog.ts';
import { deepFreeze } from './deep-freeze.ts';
import { limits } from './limits.ts';
import type { PreparedPolicy, PreparedRule } from './ruling.ts';

/** One use of an admission policy. */
export interface PolicyUse {
  /** The policy's id. */
  readonly policy: string;
  /** `kind` or `kind:version`: it is not asked about others. About all when absent. */
  readonly kinds?: readonly string[];
  /** What it is told, by the plugin's own schema; nothing when absent. */
  readonly settings?: JsonObject;
}

/** A policy that has to allow, or several of which one has to. */
export type PolicyRule = PolicyUse | { readonly any: readonly PolicyUse[] };

/** Which uploads a log takes. */
export interface AdmissionSettings {
  /** Under `warn` what is denied passes all the same, and is told of. */
  readonly mode: 'enforce' | 'warn';
  /** Everything is taken where there is none. */
  readonly policies: readonly PolicyRule[];
}

/**
 * Has each policy read its settings, once they fit its schema.
 *
 * @throws `ERR_CONFIG_INVALID`, naming the policy: none of this id is loaded (with the nearest that is), a kind is not,
 * the settings do not fit, or the policy refuses them
 */
export async function preparePolicies(
  rules: readonly PolicyRule[],
  catalog: Catalog,
): Promise<readonly PreparedRule[]> {
  const uses = rules.flatMap((rule) => ('any' in rule ? rule.any : rule));
  if (uses.length > limits.policies) {
    throw new CountersignError(
      'ERR_CONFIG_INVALID',
      `there are ${uses.length} admission policies, over the limit of ${limits.policies}`,
    );
  }
  const prepared: PreparedRule[] = [];
  for (const rule of rules) {
    if (!('any' in rule)) {
      prepared.push(await preparePolicy(rule, catalog));
      continue;
    }
    const any: PreparedPolicy[] = [];
    for (const use of rule.any) any.push(await preparePolicy(use, catalog));
    prepared.push({ any });
  }
  return prepared;
}

async function preparePolicy(
  { policy: id, kinds, settings = {} }: PolicyUse,
  catalog: Catalog,
): Promise<PreparedPolicy> {
  const refuse = (why: string, cause?: unknown) =>
    new CountersignError('ERR_CONFIG_INVALID', `admission policy ${JSON.stringify(id)}: ${why}`, {
      cause,
      details: { policy: id },
    });
  const policy = catalog.policies[id];
  if (policy === undefined) {
    throw refuse(`no loaded plugin provides it${hint(id, Object.keys(catalog.policies))}`);
  }
  const entryTypes = catalog.entryTypes.map(({ kind, apiVersion }) => ({ kind, apiVersion }));
  const known = new Set(entryTypes.flatMap(({ kind, apiVersion }) => [kind, `${kind}:${apiVersion}`]));
  const unknown = kinds?.find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw refuse(`no loaded plugin provides the kind ${JSON.stringify(unknown)}${hint(unknown, [...known])}`);
  }
  const issue = policy.validate(settings);
  if (issue !== undefined) throw refuse(`settings: ${issue.message}`);
  let check: unknown;
  try {
    check = await policy.implementation.prepare(deepFreeze(structuredClone(settings)), { entryTypes });
  } catch (cause) {
    throw refuse(cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (typeof check !== 'function') throw refuse('it prepares no function');
  return { id, check: check as PreparedPolicy['check'], ...(kinds && { kinds: new Set(kinds) }) };
}

function hint(name: string, known: readonly string[]): string {
  const found = nearest(name, known);
  return found === undefined ? '' : `; did you mean ${JSON.stringify(found)}?`;
}
