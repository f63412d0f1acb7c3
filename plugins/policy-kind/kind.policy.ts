import type { AdmissionPolicy, JsonObject, PluginApi } from '@countersign/plugin-api';

/** What the schema has made sure of. */
interface Settings {
  readonly allow: readonly string[];
}

/** `kind`: takes entries of the kinds that are listed, and no others. */
export default function kind({ errors }: PluginApi): AdmissionPolicy {
  return {
    async prepare(settings: JsonObject, { entryTypes }) {
      const allow = new Set((settings as unknown as Settings).allow);
      const loaded = new Set(entryTypes.flatMap((type) => [type.kind, `${type.kind}:${type.apiVersion}`]));
      const unknown = [...allow].find((name) => name !== '*' && !loaded.has(name));
      // A misspelt name would deny everything of that kind.
      if (unknown !== undefined) {
        const kinds = [...new Set(entryTypes.map((type) => type.kind))].join(', ');
        throw errors.refuse('ERR_UNSUPPORTED', `no loaded plugin provides the kind "${unknown}"; there are: ${kinds}`);
      }
      return ({ entry: { kind, apiVersion } }) => {
        if (allow.has('*') || allow.has(kind) || allow.has(`${kind}:${apiVersion}`)) {
          return { decision: 'allow', reason: `entry kind '${kind}' is listed` };
        }
        // Upstream's words, for whoever looks for them.
        const others = [...allow].some((name) => name.startsWith(`${kind}:`));
        const why = others
          ? `does not support inserting entries of version '${apiVersion}'`
          : 'is not enabled for submission on this server';
        return { decision: 'deny', reason: `entry kind '${kind}' ${why}` };
      };
    },
  };
}
