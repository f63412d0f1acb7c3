import type { AdmittedEntry, EntryContext, EntryType, JsonObject, PluginApi } from '@countersign/plugin-api';
import { compileSchema, type SchemaCheck } from '@countersign/schema';
import { type HostedEntryType, hosted } from './hosted.ts';
import { type PkiFormats, pluginApiWith } from './plugin-api-with.ts';
import { type AcceptedVector, readAccepted, readJson } from './vectors.ts';
import { notRefused, type Verdict } from './verdict.ts';

/** Where an entry type and its vectors are. */
export interface EntryUnderTestOptions {
  /** The plugin's folder. It holds the schema, as `kind.vN.N.N.schema.json`. */
  readonly folder: URL;
  readonly kind: string;
  /** Unless told, `0.0.1`. */
  readonly version?: string;
  /** The default export of the handler. */
  readonly make: (api: PluginApi) => EntryType;
  /** The PKI formats that are loaded beside it. */
  readonly formats: PkiFormats;
  /** The folder of vectors in the plugin's; unless told, `vectors`. */
  readonly vectors?: string;
}

/** An entry type as the host has it, without process and threads, and the vectors of upstream's answers. */
export interface EntryUnderTest<Spec extends JsonObject> {
  readonly api: PluginApi;
  readonly type: EntryType;
  readonly validate: SchemaCheck;
  readonly context: EntryContext;
  /** By name. */
  readonly accepted: ReadonlyMap<string, AcceptedVector<Spec>>;
  vectorOf(name: string): AcceptedVector<Spec>;
  /** The spec that was proposed. */
  specOf(name: string): Spec;
  /** Reads a JSON file of the folder of vectors. */
  // biome-ignore lint/suspicious/noExplicitAny: each file has a shape of its own, which its spec names
  readJson(name: string): any;
  /** Admits a spec; gives the body that the log would store, and what stands beside it. */
  written(spec: JsonObject): Promise<Omit<AdmittedEntry, 'spec'> & { readonly body: string }>;
  /** What the host does around the type: see {@link hosted}. */
  readonly host: HostedEntryType;
  /** What the host does with a spec, up to the message. */
  refusal(spec: JsonObject): Promise<Verdict>;
}

/** Makes an entry type with its schema, and reads the vectors that lie with it. */
export function entryUnderTest<Spec extends JsonObject>({
  folder,
  kind,
  version = '0.0.1',
  make,
  formats,
  vectors = 'vectors',
}: EntryUnderTestOptions): EntryUnderTest<Spec> {
  const api = pluginApiWith(formats);
  const type = make(api);
  const validate = compileSchema(readJson(new URL(`${kind}.v${version}.schema.json`, folder)));
  const context = { now: new Date(0) };
  const vectorFolder = new URL(`${vectors}/`, folder);
  const accepted = readAccepted<Spec>(new URL('accepted/', vectorFolder));
  const vectorOf = (name: string) => {
    const vector = accepted.get(name);
    if (vector === undefined) throw new Error(`no vector ${name}`);
    return vector;
  };
  return {
    api,
    type,
    validate,
    context,
    host: hosted(folder, kind, type, version),
    accepted,
    vectorOf,
    specOf: (name) => vectorOf(name).proposal.spec,
    readJson: (name) => readJson(new URL(name, vectorFolder)),

    async written(proposed) {
      const { spec, ...entry } = await type.admit(proposed, context);
      const body = api.encoding.canonicalJson({ apiVersion: version, kind, spec });
      return { ...entry, body: Buffer.from(body).toString() };
    },

    async refusal(spec) {
      const issue = validate(spec);
      if (issue !== undefined) return { code: 'ERR_SCHEMA', message: `validation failure list:\n${issue.message}` };
      return type.admit(spec, context).then(
        () => notRefused,
        ({ code, message }) => ({ code, message }),
      );
    },
  };
}
