import { realpath } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { types } from 'node:util';
import { canonicalJson, isJsonObject, type JsonObject } from '@countersign/encoding';
import { CountersignError, hasCode } from '@countersign/errors';
import {
  type AdmissionEntry,
  type AdmissionRequest,
  type AdmittedEntry,
  type Artifact,
  type BundleClaims,
  type EntryContext,
  type EntryDisplay,
  type LoggedClaims,
  type PluginApi,
  type ProposeOptions,
  pluginErrorCodes,
} from '@countersign/plugin-api';
import { requireBinding } from './binding.ts';
import { Catalog } from './catalog.ts';
import { deepFreeze } from './deep-freeze.ts';
import { discover } from './discover.ts';
import { listed } from './listed.ts';
import {
  type CheckedPlugin,
  checkPlugin,
  type LoadedEntryType,
  type LoadedPlugin,
  loadPlugin,
  type Pins,
} from './load-plugin.ts';
import { isInside } from './paths.ts';
import { createPluginApi } from './plugin-api-impl.ts';
import { type PolicyRule, preparePolicies } from './policies.ts';
import { parseProposal, readEnvelope } from './proposal.ts';
import { pluginInvalid } from './refusal.ts';
import { type PreparedRule, type Ruling, ruleOn } from './ruling.ts';
import { takeArtifact } from './taken.ts';

/** The folder of the plugins that come with Countersign. */
export const builtinPlugins: string = fileURLToPath(new URL('../../../plugins', import.meta.url));

/** What to load. */
export interface LoadOptions extends Pins {
  /** Plugin folders, or folders of plugin folders. */
  readonly folders: readonly string[];
  /** Milliseconds since 1970, as `Date.now`, which it is unless told. */
  readonly clock?: () => number;
}

/** An entry type as the API, the schemas and the CLI's help show it. */
export interface EntryTypeInfo {
  readonly kind: string;
  readonly apiVersion: string;
  /** JSON Schema of the spec. */
  readonly schema: JsonObject;
  /** Name of the plugin that provides it. */
  readonly plugin: string;
  readonly pluginVersion: string;
  /** Digest of that plugin's folder. */
  readonly digest: string;
}

/** One line of the start print. */
export interface Provided {
  readonly type: 'entry' | 'pki' | 'policy';
  /** Kind, format or policy. */
  readonly id: string;
  readonly version: string;
  readonly plugin: string;
  readonly pluginVersion: string;
  readonly digest: string;
}

/** A loaded plugin, whatever it provides. */
export type PluginInfo = Pick<LoadedPlugin, 'name' | 'version' | 'folder' | 'digest'>;

/** What the log takes of an entry: the bytes that become the leaf, and what is kept beside. */
export interface CanonicalEntry extends Omit<AdmittedEntry, 'spec' | 'verifiers'> {
  readonly kind: string;
  readonly apiVersion: string;
  /** RFC 8785 JSON of `{apiVersion, kind, spec}`. */
  readonly body: Uint8Array;
  /** The fingerprint of the first of its verifiers; absent when it has none. */
  readonly signer?: string;
}

/** What a list shows of a logged entry. */
export interface ShownEntry extends EntryDisplay {
  readonly kind: string;
}

/** A verified entry with all that is known of it. */
export interface VerifiedEntry extends AdmittedEntry, CanonicalEntry {}

/** The loaded plugins. Nothing is added or replaced once they are loaded. */
export class PluginHost {
  readonly #clock: () => number;
  #catalog = new Catalog([]);

  /** The loaded PKI formats. */
  readonly pki: PluginApi['pki'] = Object.freeze({
    get: (id: string) => this.#catalog.pkiFormat(id),
    ids: () => this.#catalog.pkiFormats.map(({ id }) => id),
  });

  private constructor(clock: () => number) {
    this.#clock = clock;
  }

  /**
   * Discovers, checks and loads every plugin of the folders given, all or none.
   *
   * @throws `ERR_PLUGIN_INVALID` with the folder and the reason
   */
  static async load({ folders, clock = Date.now, ...pins }: LoadOptions): Promise<PluginHost> {
    const host = new PluginHost(clock);
    const api = createPluginApi(host.pki);
    const own = await realpath(builtinPlugins).catch(() => builtinPlugins);
    const checked: CheckedPlugin[] = [];
    for (const folder of await discover(folders)) {
      checked.push(await checkPlugin(folder, isInside(own, folder) ? { ...pins, onlyPinned: false } : pins));
    }
    const names = new Set(checked.map(({ manifest }) => manifest.name));
    const absent = Object.keys(pins.digests ?? {}).find((name) => !names.has(name));
    if (absent !== undefined) throw pluginInvalid(absent, 'it is pinned, and no folder holds a plugin of this name');

    const plugins: LoadedPlugin[] = [];
    for (const plugin of checked) plugins.push(await loadPlugin(plugin, api));
    host.#catalog = new Catalog(plugins);
    return host;
  }

  /** Every entry type, in the order they were loaded. */
  entryTypes(): EntryTypeInfo[] {
    return this.#catalog.plugins.flatMap(({ name, version, digest, provides }) =>
      provides
        .filter((one) => one.type === 'entry')
        .map(({ kind, apiVersion, schema }) => ({
          kind,
          apiVersion,
          schema,
          plugin: name,
          pluginVersion: version,
          digest,
        })),
    );
  }

  /** Everything that is loaded, in that order, for the start print. */
  describe(): Provided[] {
    return this.#catalog.plugins.flatMap(({ name, version, digest, provides }) =>
      provides.map((one) => ({
        type: one.type,
        id: one.type === 'entry' ? one.kind : one.id,
        version: one.type === 'entry' ? one.apiVersion : one.version,
        plugin: name,
        pluginVersion: version,
        digest,
      })),
    );
  }

  /** Every plugin, in the order they were loaded. */
  plugins(): PluginInfo[] {
    return this.#catalog.plugins.map(({ name, version, folder, digest }) => ({ name, version, folder, digest }));
  }

  /** The digest of every loaded plugin, by name: what another thread must find, too. */
  digests(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#catalog.plugins.map(({ name, digest }) => [name, digest]));
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
  async admit(proposal: Uint8Array | JsonObject): Promise<VerifiedEntry> {
    const { type, spec } = this.#open(proposal);
    return run(nameOf(type), async () => {
      const { kind, apiVersion, implementation } = type;
      const admitted = await implementation.admit(spec, this.#context());
      const { attestation } = admitted;
      if (attestation !== undefined && !types.isUint8Array(attestation)) throw new TypeError('an attestation is bytes');
      const [first] = admitted.verifiers;
      return {
        ...admitted,
        kind,
        apiVersion,
        body: canonicalJson({ apiVersion, kind, spec: admitted.spec }),
        ...(first && { signer: first.fingerprint }),
      };
    });
  }

  /**
   * What the log's policies say of an entry. A policy that fails denies.
   *
   * @param rules of {@link preparePolicies}
   * @param bytes the length of the proposal
   */
  judge(
    rules: readonly PreparedRule[],
    { kind, apiVersion, spec, indexKeys, verifiers }: AdmissionEntry,
    bytes: number,
    request: AdmissionRequest,
  ): Promise<Ruling> {
    const entry = { kind, apiVersion, spec, indexKeys, verifiers };
    // The time is no plain value: a policy that sets it sets its own.
    return ruleOn(rules, deepFreeze({ entry, bytes, request, ...this.#context() }));
  }

  /**
   * Has the policies of a log read their settings.
   *
   * @throws `ERR_CONFIG_INVALID`, naming the policy
   */
  preparePolicies(rules: readonly PolicyRule[]): Promise<readonly PreparedRule[]> {
    return preparePolicies(rules, this.#catalog);
  }

  /**
   * Makes the proposal a client uploads.
   *
   * @param apiVersion the newest one loaded when `undefined`
   * @throws `ERR_ENTRY_KIND_UNKNOWN`, `ERR_ENTRY_VERSION_UNKNOWN`, `ERR_ENTRY_INVALID` when a part is missing or one too
   * many, or what the plugin refuses with
   */
  async propose(
    kind: string,
    apiVersion: string | undefined,
    artifact: Artifact,
    options: ProposeOptions,
  ): Promise<JsonObject> {
    const type = apiVersion === undefined ? this.#catalog.newest(kind) : this.#catalog.entryType(kind, apiVersion);
    const taken = takeArtifact(kind, type.takes, artifact, options);
    const spec = await run(nameOf(type), () => type.implementation.propose(taken, options, this.#context()));
    return { apiVersion: type.apiVersion, kind, spec };
  }

  /**
   * What a logged body vouches for; `undefined` when it keeps no signature.
   *
   * @throws as {@link admit}
   */
  async claims(body: Uint8Array): Promise<LoggedClaims | undefined> {
    const { type, spec } = this.#open(body);
    return run(nameOf(type), () => type.implementation.claims(spec));
  }

  /**
   * Binds a logged body to what a bundle says of it.
   *
   * @throws `ERR_ENTRY_MISMATCH` unless signature, key and digest are all the bundle's; otherwise as {@link admit}
   */
  async matches(body: Uint8Array, claims: BundleClaims): Promise<void> {
    requireBinding(await this.claims(body), claims);
  }

  /**
   * What the search index finds a logged entry by, as far as its body tells; undefined when its type does not say. Nothing
   * is verified.
   *
   * @throws as {@link admit}
   */
  async indexKeys(body: Uint8Array): Promise<readonly string[] | undefined> {
    const { type, spec } = this.#open(body);
    return run(nameOf(type), async () => type.implementation.indexKeys?.(spec));
  }

  /**
   * What a logged body shows of itself in a list: plain text, cut where it is long; its kind alone where its type does not
   * say. Nothing is verified.
   *
   * @throws as {@link admit}
   */
  async display(body: Uint8Array): Promise<ShownEntry> {
    const { type, spec } = this.#open(body);
    const { kind, implementation } = type;
    return run(nameOf(type), async () => ({
      kind,
      ...listed((await implementation.display?.(spec)) ?? { title: kind }),
    }));
  }

  /**
   * The canonical bytes of a public key: what an entry's key is compared by.
   *
   * @param format a loaded PKI format's id
   * @throws `ERR_UNSUPPORTED` when there is no such format; what the plugin refuses with; `ERR_INTERNAL` for anything
   * else that it throws
   */
  async canonicalKey(format: string, key: Uint8Array): Promise<Uint8Array> {
    const implementation = this.#catalog.pkiFormat(format);
    return run(`PKI format ${format}`, async () => (await implementation.parseKey(key)).canonical);
  }

  #context(): EntryContext {
    return { now: new Date(this.#clock()) };
  }

  #open(proposal: Uint8Array | JsonObject): { readonly type: LoadedEntryType; readonly spec: JsonObject } {
    const json = parseProposal(proposal);
    // Upstream looks at the kind before it looks at anything else.
    this.#catalog.newest(json.kind);
    const { apiVersion, spec } = readEnvelope(json);
    const type = this.#catalog.entryType(json.kind, apiVersion);
    const issue = type.validate(spec);
    if (issue !== undefined) {
      // Upstream's validators list every problem; the first is enough to act on.
      const message = `validation failure list:\n${issue.message}`;
      throw new CountersignError('ERR_SCHEMA', message, { details: { ...issue, stage: 'spec' } });
    }
    if (!isJsonObject(spec)) throw new CountersignError('ERR_MALFORMED', 'malformed spec: not an object');
    return { type, spec: deepFreeze(spec) };
  }
}

/** Runs a plugin's code: a refusal by code passes, anything else is a bug and says whose. */
async function run<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (hasCode(cause, ...pluginErrorCodes)) throw cause;
    throw new CountersignError('ERR_INTERNAL', `the plugin for ${what} failed`, { cause });
  }
}

function nameOf({ kind, apiVersion }: LoadedEntryType): string {
  return `${kind} ${apiVersion}`;
}
