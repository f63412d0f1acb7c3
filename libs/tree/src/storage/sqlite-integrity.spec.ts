import { statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { appendLeaves, openTreeIn, tempFolder } from '../../test/fixture.ts';
import { checkSqlite } from '../sqlite-check.ts';
import { schemaVersion } from './schema.ts';
import { backupSqlite } from './sqlite-backup.ts';
import { sqliteProblems } from './sqlite-integrity.ts';

async function database(...damage: string[]): Promise<string> {
  const folder = tempFolder();
  const { tree, close } = await openTreeIn(folder);
  await appendLeaves(tree, 0, 20);
  await close();
  const path = join(folder, 'log.db');
  const writable = new Database(path);
  writable.unsafeMode();
  for (const statement of damage) writable.exec(statement);
  writable.close();
  return path;
}

describe("SQLite's check", () => {
  it('finds nothing in a sound database, in this process and in its own', async () => {
    const path = await database();
    expect(sqliteProblems(path)).toEqual([]);
    expect(await checkSqlite(path)).toEqual([]);
  });

  it.each([
    [
      'row of no shard',
      ['PRAGMA foreign_keys = OFF', "INSERT INTO checkpoint VALUES (9, 0, x'', '')"],
      /refers to nothing/,
    ],
    ['table that is missing', ['DROP TABLE tile'], /table tile is not declared/],
    ['schema of no version', ['PRAGMA user_version = 0'], /version 0/],
    ['schema of another version', ['PRAGMA user_version = 1'], /migrations/],
  ])('finds a %s', async (_, damage, expected) => {
    expect((await checkSqlite(await database(...damage))).join('\n')).toMatch(expected);
  });

  it('tells what it cannot read', async () => {
    const path = await database();
    truncateSync(path, statSync(path).size - 4096);
    expect((await checkSqlite(path)).join('\n')).toMatch(/malformed|out of range|size/);
    expect((await checkSqlite(join(tempFolder(), 'none'))).join('\n')).toMatch(/SQLITE_CANTOPEN/);
    const newer = await database(`PRAGMA user_version = ${schemaVersion + 1}`);
    expect((await checkSqlite(newer)).join('\n')).toMatch(/newer version/);
  });

  it('can be stopped', async () => {
    const stop = new AbortController();
    const checked = checkSqlite(await database(), stop.signal);
    stop.abort(new Error('enough'));
    await expect(checked).rejects.toThrow('enough');
  });
});

describe('a copy of a database', () => {
  it('is one file for its owner alone, and does not take the place of another', async () => {
    const path = await database();
    const copy = join(tempFolder(), 'copy');
    backupSqlite(path, copy);
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    expect(sqliteProblems(copy)).toEqual([]);
    expect(() => backupSqlite(path, copy)).toThrow(/EEXIST/);
  });
});
