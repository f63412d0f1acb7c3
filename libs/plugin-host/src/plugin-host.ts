import { fileURLToPath } from 'node:url';
import { canonicalJson, isJsonObject, type JsonObject } from '@countersign/encoding';
import { CountersignError, hasCode } from '@countersign/errors';
import {
  type AdmittedEntry,
  type Artifact,
  type BundleClaims,
  type PkiFormat,
  type PluginApi,
  type ProposeOptions,
  pluginErrorCodes,
} from '@countersign/plugin-api';
import semver from 'semver';
import { deepFreeze } from './deep-freeze.ts';
import { discover } from './discover.ts';
import { type Loaded, type LoadedEntryType, type LoadedPkiFormat, loadPlugin, type Pins } from './load-plugin.ts';
import { createPluginApi } from './plugin-api-impl.ts';
import { parseProposal, readEnvelope } from './proposal.ts';
import { Registry } from './registry.ts';

/** The folder of the plugins that come with Countersign. */
export const builtinPlugins: string = fileURLToPath(new URL('../../../plugins', import.meta.url));

/** What to load. */
export interface LoadOptions extends Pins {
  /** Plugin folders, or folders of plugin folders. */
  readonly folders: readonly string[];
}

/** An entry type as the API, the schemas and the CLI's help show it. */
export interface EntryTypeInfo {
  readonly kind: string;
  readonly apiVersion: string;
  /** JSON Schema of the spec. */
  readonly schema: JsonObject;
  /** Name of the plugin that provides it. */
  readonly plugin: string;
  /** Digest of that plugin's folder. */
  readonly digest: string;
}

/** One line of the start print. */
export interface Provided {
  readonly type: 'entry' | 'pki';
  /** Kind or format. */
  readonly id: string;
  readonly version: string;
  readonly plugin: string;
  readonly pluginVersion: string;
  readonly digest: string;
}

/** A verified entry with the bytes that become the leaf. */
export interface CanonicalEntry extends Omit<AdmittedEntry, 'spec'> {
  readonly kind: string;
  readonly apiVersion: string;
  /** RFC 8785 JSON of `{apiVersion, kind, spec}`. */
  readonly body: Uint8Array;
}

/** The loaded plugins. Nothing is added or replaced once they are loaded. */
export class PluginHost {
  readonly #kinds = new Map<string, LoadedEntryType[]>();
  readonly #entries = new Registry<LoadedEntryType>('entry type');
  readonly #formats = new Registry<LoadedPkiFormat>('PKI format');
  readonly #digests: Record<string, string> = Object.create(null);

  /** The loaded PKI formats. */
  readonly pki: PluginApi['pki'] = { get: (id) => this.#format(id), ids: () => this.#formats.names() };

  private constructor() {}

  /**
   * Discovers, checks and loads every plugin of the folders given, all or none.
   *
   * @throws `ERR_PLUGIN_INVALID` with the folder and the reason
   */
  static async load({ folders, ...pins }: LoadOptions): Promise<PluginHost> {
    const host = new PluginHost();
    const names = new Registry<Loaded>('a plugin named');
    const api = createPluginApi(host.pki);
    for (const folder of await discover(folders)) {
      const provided = await loadPlugin(folder, api, pins);
      for (const loaded of provided) host.#register(loaded);
      const [first] = provided;
      if (first !== undefined) names.add(first.plugin, first);
    }
    host.#entries.freeze();
    host.#formats.freeze();
    Object.freeze(host.#digests);
    return host;
  }

  /** Every entry type, by kind and version. */
  entryTypes(): EntryTypeInfo[] {
    return this.#entries
      .values()
      .map(({ kind, apiVersion, schema, plugin, digest }) => ({ kind, apiVersion, schema, plugin, digest }));
  }

  /** Everything that is loaded, for the start print. */
  describe(): Provided[] {
    const entries = this.#entries.values().map((entry) => provided(entry, entry.kind, entry.apiVersion));
    return [...entries, ...this.#formats.values().map((format) => provided(format, format.id, format.version))];
  }

  /** The digest of every loaded plugin, by name: what another thread must find, too. */
  digests(): Readonly<Record<string, string>> {
    return this.#digests;
  }

  /**
   * Parses, checks and verifies a proposed entry, and writes its canonical form.
   *
   * @param proposal JSON text, or the parsed value, which is frozen
   * @throws `ERR_MALFORMED` (`details.stage` is `json` when it is no JSON object), `ERR_TOO_LARGE`
   * @throws `ERR_SCHEMA` with the problem and `stage: 'envelope' | 'spec'` in `details`
   * @throws `ERR_ENTRY_KIND_UNKNOWN`, `ERR_ENTRY_VERSION_UNKNOWN`
   * @throws what the plugin refuses with; `ERR_INTERNAL` for anything else that it throws
   */
  async admit(proposal: Uint8Array | JsonObject): Promise<CanonicalEntry> {
    const { type, spec } = this.#open(proposal);
    return run(type, async () => {
      const { kind, apiVersion, implementation } = type;
      const { spec: canonical, ...facts } = await implementation.admit(spec);
      return { ...facts, kind, apiVersion, body: canonicalJson({ apiVersion, kind, spec: canonical }) };
    });
  }

  /**
   * Makes the proposal a client uploads.
   *
   * @param apiVersion the newest one loaded when `undefined`
   * @throws `ERR_ENTRY_KIND_UNKNOWN`, `ERR_ENTRY_VERSION_UNKNOWN`, or what the plugin refuses with
   */
  async propose(
    kind: string,
    apiVersion: string | undefined,
    artifact: Artifact,
    options: ProposeOptions,
  ): Promise<JsonObject> {
    const type = this.#entryType(kind, apiVersion);
    const spec = await run(type, () => type.implementation.propose(artifact, options));
    return { apiVersion: type.apiVersion, kind, spec };
  }

  /**
   * Binds a logged body to what a bundle says of it.
   *
   * @throws `ERR_ENTRY_MISMATCH` unless signature, key and digest are all the bundle's; otherwise as {@link admit}
   */
  async matches(body: Uint8Array, claims: BundleClaims): Promise<void> {
    const { type, spec } = this.#open(body);
    await run(type, () => type.implementation.matches(spec, claims));
  }

  #register(loaded: Loaded): void {
    this.#digests[loaded.plugin] = loaded.digest;
    if (loaded.type === 'pki') {
      this.#formats.add(loaded.id, loaded);
      return;
    }
    this.#entries.add(`${loaded.kind} ${loaded.apiVersion}`, loaded);
    const versions = [...(this.#kinds.get(loaded.kind) ?? []), loaded];
    this.#kinds.set(
      loaded.kind,
      versions.sort((a, b) => semver.rcompare(a.apiVersion, b.apiVersion)),
    );
  }

  #open(proposal: Uint8Array | JsonObject): { readonly type: LoadedEntryType; readonly spec: JsonObject } {
    const json = parseProposal(proposal);
    this.#versionsOf(json.kind);
    const { apiVersion, spec } = readEnvelope(json);
    const type = this.#entryType(json.kind, apiVersion);
    const issue = type.validate(spec);
    if (issue !== undefined) {
      // Upstream's validators list every problem; the first is enough to act on.
      const message = `validation failure list:\n${issue.message}`;
      throw new CountersignError('ERR_SCHEMA', message, { details: { ...issue, stage: 'spec' } });
    }
    if (!isJsonObject(spec)) throw new CountersignError('ERR_MALFORMED', 'malformed spec: not an object');
    return { type, spec: deepFreeze(spec) };
  }

  #versionsOf(kind: string): readonly LoadedEntryType[] {
    const versions = this.#kinds.get(kind);
    if (versions === undefined) {
      throw new CountersignError('ERR_ENTRY_KIND_UNKNOWN', `invalid kind value: ${JSON.stringify(kind)}`);
    }
    return versions;
  }

  #entryType(kind: string, apiVersion: string | undefined): LoadedEntryType {
    const versions = this.#versionsOf(kind);
    const type = apiVersion === undefined ? versions[0] : versions.find((entry) => entry.apiVersion === apiVersion);
    if (type === undefined) {
      throw new CountersignError(
        'ERR_ENTRY_VERSION_UNKNOWN',
        `${kind} implementation for version '${apiVersion}' not found`,
        { details: { versions: versions.map((entry) => entry.apiVersion) } },
      );
    }
    return type;
  }

  #format(id: string): PkiFormat {
    const format = this.#formats.get(id);
    if (format !== undefined) return format.implementation;
    const loaded = this.#formats.names().join(', ');
    throw new CountersignError('ERR_UNSUPPORTED', `no PKI format ${JSON.stringify(id)}; there are: ${loaded}`);
  }
}

function provided(loaded: Loaded, id: string, version: string): Provided {
  const { type, plugin, pluginVersion, digest } = loaded;
  return { type, id, version, plugin, pluginVersion, digest };
}

/** Runs a plugin's code: a refusal by code passes, anything else is a bug and says whose. */
async function run<T>(type: LoadedEntryType, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (hasCode(cause, ...pluginErrorCodes)) throw cause;
    throw new CountersignError('ERR_INTERNAL', `plugin ${type.plugin} failed on ${type.kind} ${type.apiVersion}`, {
      cause,
    });
  }
}
