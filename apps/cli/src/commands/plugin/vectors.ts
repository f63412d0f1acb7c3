import { readFile, stat } from 'node:fs/promises';
import { isJsonObject, parseJson } from '@countersign/encoding';
import { CountersignError, hasCode } from '@countersign/errors';
import type { AdmissionPolicy, Artifact, EntryType, JsonObject, TakenArtifact } from '@countersign/plugin-api';
import {
  readVectorFile,
  runTests,
  type TestResult,
  testAdmissionPolicy,
  testEntryType,
  testPkiFormat,
} from '@countersign/plugin-api/testing';
import type { PluginHost, PluginInfo } from '@countersign/plugin-host';
import { limits } from './limits.ts';

/** The time a host takes it to be, in milliseconds since 1970: a test sets it. */
export interface SettableClock {
  now: number;
}

/**
 * Runs one file of vectors against what a plugin provides.
 *
 * @returns `undefined` for a file that is not in the testing kit's format
 */
export async function runVectorFile(
  path: string,
  plugin: PluginInfo,
  host: PluginHost,
  clock: SettableClock,
): Promise<readonly TestResult[] | undefined> {
  try {
    const file = readVectorFile(await readJson(path));
    if (file === undefined) return undefined;
    const { id, type } = file;
    const provided = host.describe().some((one) => one.plugin === plugin.name && one.type === type && one.id === id);
    if (!provided) throw new Error(`the plugin provides no ${type} ${id}`);
    return await runTests((runner) => {
      if (file.type === 'pki') testPkiFormat(id, { ...file.vectors, format: host.pki.get(id), runner });
      else if (file.type === 'policy') {
        const policy = throughRules(host, id, clock);
        testAdmissionPolicy(id, { ...file.vectors, policy, validate: () => undefined, runner });
      } else {
        const entryType = throughHost(host, { kind: id, apiVersion: file.version }, clock);
        testEntryType(id, { ...file.vectors, type: entryType, validate: () => undefined, runner });
      }
    });
  } catch (error) {
    return [{ name: 'the file', failure: error instanceof Error ? error.message : String(error) }];
  }
}

async function readJson(path: string): Promise<unknown> {
  const { size } = await stat(path);
  if (size > limits.vectorFileBytes) throw new Error(`it is over ${limits.vectorFileBytes} bytes`);
  return parseJson(await readFile(path), { bytes: limits.vectorFileBytes });
}

/** An entry type as the log has it: what the host does before and after is part of it, the schema above all. */
function throughHost(
  host: PluginHost,
  name: { readonly kind: string; readonly apiVersion: string },
  clock: SettableClock,
): EntryType {
  return {
    async propose(artifact, options, { now }) {
      clock.now = now.getTime();
      const { spec } = await host.propose(name.kind, name.apiVersion, given(artifact), options).catch(unwrapped);
      return spec as JsonObject;
    },
    async admit(spec, { now }) {
      clock.now = now.getTime();
      const { body, ...facts } = await host.admit({ ...name, spec }).catch(unwrapped);
      const leaf = parseJson(body);
      return { ...facts, spec: (isJsonObject(leaf) ? leaf.spec : undefined) as JsonObject };
    },
    async claims(spec) {
      return host.claims(Buffer.from(JSON.stringify({ ...name, spec }))).catch(unwrapped);
    },
  };
}

/** What a client brings: the kit hands over what the host makes of that, in which a part that is not there is empty. */
function given({ content, digest, signature, publicKeys }: TakenArtifact): Artifact {
  return {
    ...(digest === undefined ? { content } : content.length > 0 ? { content, digest } : { digest }),
    ...(signature.length > 0 && { signature }),
    publicKeys,
  };
}

/** A policy as the log has it: the only one of its rules. */
function throughRules(host: PluginHost, id: string, clock: SettableClock): AdmissionPolicy {
  return {
    async prepare(settings) {
      const rules = await host.preparePolicies([{ policy: id, settings }]);
      return async ({ entry, bytes, request, now }) => {
        clock.now = now.getTime();
        const { denial, failures } = await host.judge(rules, entry, bytes, request);
        const [failure] = failures;
        if (failure !== undefined) throw new Error(failure.error);
        if (denial === undefined) return { decision: 'allow', reason: 'allowed' };
        return { decision: denial.policies.length === 0 ? 'abstain' : 'deny', reason: denial.reason };
      };
    },
  };
}

/** To the kit a refusal by the schema is one of the plugin's, and a plugin's bug is what it threw. */
function unwrapped(error: unknown): never {
  if (hasCode(error, 'ERR_SCHEMA')) throw new CountersignError('ERR_MALFORMED', error.message, { cause: error });
  throw hasCode(error, 'ERR_INTERNAL') ? error.cause : error;
}
