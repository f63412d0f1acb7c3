import type { AdmissionPolicy, JsonObject } from '@countersign/plugin-api';

/** What the schema has made sure of. */
interface Settings {
  readonly domains: readonly string[];
}

/** Takes entries all of whose signers have an e-mail address in one of the domains. */
export default function policy(): AdmissionPolicy {
  return {
    async prepare(settings: JsonObject) {
      const ends = (settings as unknown as Settings).domains.map((domain) => `@${domain}`);
      return ({ entry: { verifiers } }) => {
        // Every one of none would have one.
        if (verifiers.length === 0) return { decision: 'deny', reason: 'nobody signed' };
        const stranger = verifiers.find(
          ({ identities }) => !identities.some((name) => ends.some((end) => name.endsWith(end))),
        );
        return stranger === undefined
          ? { decision: 'allow', reason: 'every signer has an address in a listed domain' }
          : { decision: 'deny', reason: `the key ${stranger.fingerprint} has no address in a listed domain` };
      };
    },
  };
}
