import Database from 'better-sqlite3';
import { Tree1, tables } from './migrations/tree-1.ts';
import { checksums, Tree2 } from './migrations/tree-2.ts';
import { attachments, Tree3 } from './migrations/tree-3.ts';
import { versionOf } from './schema.ts';
import { guard, openReader } from './sqlite-connection.ts';

/** Problems of one kind that are told. */
const maxProblems = 100;

/**
 * SQLite's own check of a database: pages, B-trees, indexes, constraints, references between tables, and that the
 * tables are declared as this version declares them. Empty when all is well. Takes as long as reading the file.
 *
 * Throws `ERR_STORAGE` when it cannot be opened.
 */
export function sqliteProblems(path: string): readonly string[] {
  return guard(() => {
    const database = openReader(path);
    try {
      const found = database.pragma(`integrity_check(${maxProblems})`) as { readonly integrity_check: string }[];
      const problems = found.map((row) => row.integrity_check).filter((problem) => problem !== 'ok');
      const orphans = database.pragma('foreign_key_check') as { readonly table: string; readonly rowid: number }[];
      for (const { table, rowid } of orphans.slice(0, maxProblems)) {
        problems.push(`row ${rowid} of table ${table} refers to nothing`);
      }
      const version = versionOf(database);
      const steps = versions.slice(0, version);
      if (version < 1) problems.push(`the schema has version ${version}`);
      const applied = database.prepare('SELECT name FROM migrations ORDER BY name').pluck().all();
      if (applied.join() !== steps.map(({ name }) => name).join()) {
        problems.push(
          `the migrations that the database tells of (${applied.join()}) are not those of version ${version}`,
        );
      }
      const declared = declarations(database);
      for (const [name, sql] of expectedDeclarations(steps.flatMap(({ statements }) => statements))) {
        if (declared.get(name) !== sql) problems.push(`table ${name} is not declared as it must be`);
      }
      return problems;
    } finally {
      database.close();
    }
  });
}

/** What each version of the schema did. */
const versions = [
  { name: new Tree1().name, statements: tables },
  { name: new Tree2().name, statements: checksums },
  { name: new Tree3().name, statements: attachments },
];

function expectedDeclarations(statements: readonly string[]): ReadonlyMap<string, string> {
  const model = new Database(':memory:');
  try {
    for (const statement of statements) model.exec(statement);
    return declarations(model);
  } finally {
    model.close();
  }
}

function declarations(database: Database.Database): ReadonlyMap<string, string> {
  const rows = database.prepare('SELECT name, sql FROM sqlite_schema').all() as { name: string; sql: string }[];
  return new Map(rows.map(({ name, sql }) => [name, sql]));
}
