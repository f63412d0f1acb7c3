import type { AdmissionPolicy, HashAlgorithm, JsonObject, Verifier } from '@countersign/plugin-api';

/** What the schema has made sure of. */
interface Settings {
  readonly allow: readonly Allowed[];
}

/** A kind of key that is taken, and the hash that it has to sign. */
interface Allowed {
  readonly key: string;
  /** Of `rsa`, which is any size from this on. */
  readonly minimumBits?: number;
  readonly hash?: HashAlgorithm;
}

/** `algorithm`: takes entries all of whose signers have a listed kind of key, with its hash where the entry names one. */
export default function algorithm(): AdmissionPolicy {
  return {
    async prepare(settings: JsonObject) {
      const { allow } = settings as unknown as Settings;
      return ({ entry: { verifiers } }) => {
        if (verifiers.length === 0) return { decision: 'deny', reason: 'nobody signed' };
        const other = verifiers.find((verifier) => !allow.some((one) => isOf(one, verifier)));
        if (other === undefined) return { decision: 'allow', reason: 'every key and hash is listed' };
        const what = other.hash === undefined ? other.algorithm : `${other.algorithm} with ${other.hash}`;
        // The beginning is what clients look for.
        return { decision: 'deny', reason: `entry algorithms are not allowed: ${what}` };
      };
    },
  };
}

function isOf({ key, minimumBits, hash }: Allowed, verifier: Verifier): boolean {
  if (hash !== undefined && verifier.hash !== undefined && verifier.hash !== hash) return false;
  if (minimumBits === undefined) return verifier.algorithm === key;
  const [, bits] = /^rsa-(\d+)$/.exec(verifier.algorithm) ?? [];
  return bits !== undefined && Number(bits) >= minimumBits;
}
