import type { AdmissionPolicy, JsonObject } from '@countersign/plugin-api';

/** What the schema has made sure of. */
interface Settings {
  /** Inclusive. */
  readonly bytes: number;
}

/** `size`: takes uploads up to a length. */
export default function size(): AdmissionPolicy {
  return {
    async prepare(settings: JsonObject) {
      const { bytes: most } = settings as unknown as Settings;
      return ({ bytes }) =>
        bytes <= most
          ? { decision: 'allow', reason: `${bytes} bytes` }
          : { decision: 'deny', reason: `the upload has ${bytes} bytes, over the limit of ${most}` };
    },
  };
}
