import type { EntryTypeInfo, Provided } from '@countersign/plugin-host';

/** What is loaded, settled once: plugins are frozen at the start. */
export class LogKinds {
  /** The answer of `GET /api/v1/log/kinds`, schema `LogKinds`. */
  readonly json: string;

  constructor(entryTypes: readonly EntryTypeInfo[], provided: readonly Provided[]) {
    const pkiFormats = provided
      .filter(({ type }) => type === 'pki')
      .map(({ id, version, plugin, pluginVersion, digest }) => ({ id, version, plugin, pluginVersion, digest }));
    this.json = JSON.stringify({
      entryTypes: entryTypes.map(({ kind, apiVersion, schema, ...plugin }) => ({
        kind,
        apiVersion,
        ...plugin,
        schema,
      })),
      pkiFormats,
    });
  }
}
