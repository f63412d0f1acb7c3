import { readdirSync, readFileSync } from 'node:fs';
import type { EntryType, JsonObject, JsonValue, PkiFormat, PluginApi } from '@countersign/plugin-api';
import { createPluginApi } from '@countersign/plugin-host';
import { compileSchema } from '@countersign/schema';
import x509 from '../pki-x509/x509.format.ts';
import intotoV001 from './intoto-v001.handler.ts';
import intotoV002 from './intoto-v002.handler.ts';

const folder = new URL('./vectors/intoto/', import.meta.url);
export const readJson = (name: string) => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));

/** What upstream's server answered: the proposal as it was sent, the body as it was stored. */
export interface Accepted {
  readonly proposal: { readonly apiVersion: '0.0.1' | '0.0.2'; readonly spec: JsonObject };
  readonly body: string;
  readonly indexKeys: readonly string[];
  readonly attestation: { readonly key: string; readonly bytes: number };
}

/** One proposal that upstream, or only ours, refuses. */
export interface Refused {
  readonly name: string;
  readonly upstream: string;
  readonly ours?: string;
  readonly code?: string;
  readonly proposal: { readonly apiVersion: string; readonly spec: JsonObject };
}

/** One part of an accepted proposal, changed. */
export interface Malformed {
  readonly base: string;
  readonly path: string;
  readonly value?: JsonValue;
  readonly upstream: string;
  readonly ours?: string;
  readonly code?: string;
}

export const accepted = new Map<string, Accepted>(
  readdirSync(new URL('accepted', folder)).map((name) => [name.replace('.json', ''), readJson(`accepted/${name}`)]),
);

export const vectorOf = (name: string): Accepted => accepted.get(name) as Accepted;

export const api: PluginApi = createPluginApi({ get: (): PkiFormat => format, ids: () => ['x509'] });
const format = x509(api);

interface Version {
  readonly type: EntryType;
  readonly validate: ReturnType<typeof compileSchema>;
}

/** Both versions, as the host has them. */
export const versions: Readonly<Record<string, Version>> = {
  '0.0.1': { type: intotoV001(api), validate: compileSchema(readJson('../../intoto.v0.0.1.schema.json')) },
  '0.0.2': { type: intotoV002(api), validate: compileSchema(readJson('../../intoto.v0.0.2.schema.json')) },
};

export const versionOf = (apiVersion: string): Version => versions[apiVersion] as Version;

export const context = { now: new Date(0) };

/** What the host does with a spec, up to the message. */
export async function refusal(apiVersion: string, spec: JsonObject): Promise<{ code?: string; message: string }> {
  const { type, validate } = versionOf(apiVersion);
  const issue = validate(spec);
  if (issue !== undefined) return { code: 'ERR_SCHEMA', message: `validation failure list:\n${issue.message}` };
  return type.admit(spec, context).then(
    () => ({ message: 'accepted' }),
    ({ code, message }) => ({ code, message }),
  );
}
