import { readFileSync } from 'node:fs';

/** A JSON Schema (2020-12) that refers to nothing outside of itself. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** A plugin's `plugin.json`. */
export const pluginManifestSchema: JsonSchema = read('plugin-manifest');

/** A node's configuration file. */
export const configSchema: JsonSchema = read('config');

/** Names of the log's API v1 in its OpenAPI document. */
export type LogV1SchemaName =
  | 'ConsistencyProof'
  | 'EntryId'
  | 'Error'
  | 'IndexQuery'
  | 'LogEntry'
  | 'LogInfo'
  | 'LogKinds'
  | 'ProposedEntry'
  | 'RetrieveRequest'
  | 'SearchResult';

/** Requests and answers of the log's API v1. */
export const logV1Schemas: Readonly<Record<LogV1SchemaName, JsonSchema>> = {
  ConsistencyProof: read('consistency-proof'),
  EntryId: read('entry-id'),
  Error: read('error'),
  IndexQuery: read('index-query'),
  LogEntry: read('log-entry'),
  LogInfo: read('log-info'),
  LogKinds: read('log-kinds'),
  ProposedEntry: read('proposed-entry'),
  RetrieveRequest: read('retrieve-request'),
  SearchResult: read('search-result'),
};

function read(name: string): JsonSchema {
  return JSON.parse(readFileSync(new URL(`${name}.schema.json`, import.meta.url), 'utf8'));
}
