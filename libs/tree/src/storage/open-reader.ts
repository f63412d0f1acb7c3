import type { TreeReader } from '../storage.ts';
import { openPostgresReader } from './postgres.ts';
import { openSqliteReader } from './sqlite-storage.ts';

/**
 * Opens stored trees to read only, wherever they are: for another thread, or another process.
 *
 * @param location the path of an SQLite file, or a `postgresql://` URL
 * @throws `ERR_STORAGE`
 */
export function openTreeReader(location: string): Promise<TreeReader> {
  return /^postgres(ql)?:\/\//.test(location) ? openPostgresReader({ url: location }) : openSqliteReader(location);
}
