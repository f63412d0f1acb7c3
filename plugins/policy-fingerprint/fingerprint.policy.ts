import type { AdmissionPolicy, JsonObject } from '@countersign/plugin-api';

/** What the schema has made sure of. */
interface Settings {
  readonly allow: readonly string[];
}

/** `fingerprint`: takes entries that were signed by listed keys, and by no others. */
export default function fingerprint(): AdmissionPolicy {
  return {
    async prepare(settings: JsonObject) {
      const allow = new Set((settings as unknown as Settings).allow);
      return ({ entry: { verifiers } }) => {
        // Every one of none would be listed.
        if (verifiers.length === 0) return { decision: 'deny', reason: 'nobody signed' };
        const stranger = verifiers.find((verifier) => !allow.has(verifier.fingerprint));
        return stranger === undefined
          ? { decision: 'allow', reason: 'every signer is listed' }
          : { decision: 'deny', reason: `the key ${stranger.fingerprint} is not listed` };
      };
    },
  };
}
