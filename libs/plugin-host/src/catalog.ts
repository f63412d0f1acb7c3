import { CountersignError } from '@countersign/errors';
import type { PkiFormat } from '@countersign/plugin-api';
import semver from 'semver';
import type { LoadedEntryType, LoadedPkiFormat, LoadedPlugin, LoadedPolicy } from './load-plugin.ts';
import { type Registry, register } from './registry.ts';

/** What is loaded, by the names it is asked for. */
export class Catalog {
  readonly plugins: readonly LoadedPlugin[];
  /** By kind; of each kind the newest version first. */
  readonly entryTypes: readonly LoadedEntryType[];
  /** By id. */
  readonly pkiFormats: readonly LoadedPkiFormat[];
  /** By id. */
  readonly policies: Registry<LoadedPolicy>;
  readonly #versions: Registry<LoadedEntryType>;
  readonly #newest: Registry<LoadedEntryType>;
  readonly #formats: Registry<LoadedPkiFormat>;

  /** @throws `ERR_PLUGIN_INVALID` when two plugins have one name, or provide the same thing */
  constructor(plugins: readonly LoadedPlugin[]) {
    this.plugins = plugins;
    register('the plugin name', plugins, ({ name }) => name);
    const provided = plugins.flatMap((plugin) => plugin.provides);

    this.entryTypes = provided
      .filter((one) => one.type === 'entry')
      .sort((a, b) => compare(a.kind, b.kind) || semver.rcompare(a.apiVersion, b.apiVersion));
    this.#versions = register('entry type', this.entryTypes, versionName);
    const newest = this.entryTypes.filter((type, at) => type.kind !== this.entryTypes[at - 1]?.kind);
    this.#newest = register('kind', newest, ({ kind }) => kind);

    this.pkiFormats = provided.filter((one) => one.type === 'pki').sort((a, b) => compare(a.id, b.id));
    this.#formats = register('PKI format', this.pkiFormats, ({ id }) => id);

    const policies = provided.filter((one) => one.type === 'policy');
    this.policies = register('policy', policies, ({ id }) => id);
  }

  /**
   * The newest version of a kind.
   *
   * @throws `ERR_ENTRY_KIND_UNKNOWN`
   */
  newest(kind: string): LoadedEntryType {
    const type = this.#newest[kind];
    if (type !== undefined) return type;
    throw new CountersignError('ERR_ENTRY_KIND_UNKNOWN', `invalid kind value: ${JSON.stringify(kind)}`);
  }

  /**
   * One version of a kind.
   *
   * @throws `ERR_ENTRY_KIND_UNKNOWN`, `ERR_ENTRY_VERSION_UNKNOWN`
   */
  entryType(kind: string, apiVersion: string): LoadedEntryType {
    this.newest(kind);
    const type = this.#versions[versionName({ kind, apiVersion })];
    if (type !== undefined) return type;
    const versions = this.entryTypes.filter((other) => other.kind === kind).map((other) => other.apiVersion);
    throw new CountersignError(
      'ERR_ENTRY_VERSION_UNKNOWN',
      `${kind} implementation for version '${apiVersion}' not found`,
      { details: { versions } },
    );
  }

  /** @throws `ERR_UNSUPPORTED`, naming the formats there are */
  pkiFormat(id: string): PkiFormat {
    const format = this.#formats[id];
    if (format !== undefined) return format.implementation;
    const known = this.pkiFormats.map((other) => other.id).join(', ');
    throw new CountersignError('ERR_UNSUPPORTED', `no PKI format ${JSON.stringify(id)}; there are: ${known}`);
  }
}

/** Neither part may hold a space. */
function versionName({ kind, apiVersion }: { readonly kind: string; readonly apiVersion: string }): string {
  return `${kind} ${apiVersion}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
