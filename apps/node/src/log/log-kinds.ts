import { CountersignError, nearest } from '@countersign/errors';
import type { EntryTypeInfo, Provided } from '@countersign/plugin-host';

type EntryName = Pick<EntryTypeInfo, 'kind' | 'apiVersion'>;

/** What the log can read and what it takes, settled once: plugins are frozen at the start. */
export class LogKinds {
  /** The answer of `GET /api/v1/log/kinds`, schema `LogKinds`. */
  readonly json: string;
  /** The setting `log.kinds`; everything is accepted when absent. */
  readonly #accepted: ReadonlySet<string> | undefined;

  /**
   * @param accepted the setting `log.kinds`: `kind` or `kind:version`
   * @throws `ERR_CONFIG_INVALID` when it names what is not loaded, with the nearest that is
   */
  constructor(entryTypes: readonly EntryTypeInfo[], provided: readonly Provided[], accepted?: readonly string[]) {
    for (const name of accepted ?? []) requireLoaded(name, entryTypes);
    this.#accepted = accepted && new Set(accepted);
    const pkiFormats = provided
      .filter(({ type }) => type === 'pki')
      .map(({ id, version, plugin, pluginVersion, digest }) => ({ id, version, plugin, pluginVersion, digest }));
    const types = entryTypes.map(({ kind, apiVersion, schema, ...plugin }) => {
      return { kind, apiVersion, accepted: this.#accepts({ kind, apiVersion }), ...plugin, schema };
    });
    this.json = JSON.stringify({ entryTypes: types, pkiFormats });
  }

  /**
   * Refuses an upload of a kind that is not accepted, in upstream's words.
   *
   * @throws `ERR_ENTRY_INVALID`
   */
  readonly accept = ({ kind, apiVersion }: EntryName): void => {
    if (this.#accepts({ kind, apiVersion })) return;
    const others = [...(this.#accepted ?? [])].some((name) => name.startsWith(`${kind}:`));
    const why = others
      ? `does not support inserting entries of version '${apiVersion}'`
      : 'is not enabled for submission on this server';
    throw new CountersignError('ERR_ENTRY_INVALID', `entry kind '${kind}' ${why}`);
  };

  #accepts({ kind, apiVersion }: EntryName): boolean {
    return this.#accepted === undefined || this.#accepted.has(kind) || this.#accepted.has(`${kind}:${apiVersion}`);
  }
}

function requireLoaded(name: string, entryTypes: readonly EntryName[]): void {
  const kinds = new Set(entryTypes.map(({ kind }) => kind));
  const versions = entryTypes.map(({ kind, apiVersion }) => `${kind}:${apiVersion}`);
  const known = name.includes(':') ? versions : [...kinds];
  if (known.includes(name)) return;
  const hint = nearest(name, known);
  throw new CountersignError(
    'ERR_CONFIG_INVALID',
    `log.kinds: no loaded plugin provides "${name}"${hint === undefined ? '' : `; did you mean "${hint}"?`}`,
    { details: { key: 'log.kinds', nearest: hint ?? null } },
  );
}
