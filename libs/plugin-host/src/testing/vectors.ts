import { readdirSync, readFileSync } from 'node:fs';
import type { JsonObject, JsonValue } from '@countersign/plugin-api';
import type { RefusedVector } from './verdict.ts';

/** What upstream's server answered: the proposal as it was sent, the body as it was stored. */
export interface AcceptedVector<Spec extends JsonObject> {
  readonly proposal: { readonly apiVersion: string; readonly spec: Spec };
  readonly body: string;
  readonly indexKeys: readonly string[];
  /** Of the types that keep one: the name of what is kept beside the log, and its length in bytes. */
  readonly attestation?: { readonly key: string; readonly bytes: number };
}

/** One part of an accepted spec, changed, or removed where there is no `value`. */
export interface ChangedPart extends RefusedVector {
  /** Names with dots between them; `0` is the first of an array. */
  readonly path: string;
  readonly value?: JsonValue;
}

/** Reads one JSON file. */
// biome-ignore lint/suspicious/noExplicitAny: each file has a shape of its own, which its spec names
export function readJson(file: URL): any {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Reads every file of a folder of accepted vectors, by its name without the ending. */
export function readAccepted<Spec extends JsonObject>(folder: URL): ReadonlyMap<string, AcceptedVector<Spec>> {
  return new Map(readdirSync(folder).map((name) => [name.replace('.json', ''), readJson(new URL(name, folder))]));
}

/** A copy of a spec with one part changed. */
export function withPart<Spec extends JsonObject>(
  spec: Spec,
  { path, value }: Pick<ChangedPart, 'path' | 'value'>,
): Spec {
  const copy = structuredClone(spec);
  const names = path.split('.');
  const last = names.pop() ?? '';
  const parent = names.reduce<Record<string, unknown>>((json, name) => json[name] as never, copy as never);
  if (Array.isArray(parent) && value === undefined) parent.splice(Number(last), 1);
  else parent[last] = value;
  return copy;
}
