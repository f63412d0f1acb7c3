import type { SharedStorage } from '../shared-storage.ts';
import type { TreeReader } from '../storage.ts';
import type { PostgresOptions } from './postgres-storage.ts';

// Loaded where it is used: a node on SQLite starts without it.
const adapter = () => import('./postgres-storage.ts');

/** See `openPostgresStorage` in postgres-storage.ts. */
export async function openPostgresStorage(options: PostgresOptions): Promise<SharedStorage> {
  return (await adapter()).openPostgresStorage(options);
}

/** See `openPostgresReader` in postgres-storage.ts. */
export async function openPostgresReader(options: PostgresOptions): Promise<TreeReader> {
  return (await adapter()).openPostgresReader(options);
}
