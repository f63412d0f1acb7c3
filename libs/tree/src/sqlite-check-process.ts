import { hasCode } from '@countersign/errors';
import { sqliteProblems } from './storage/sqlite-integrity.ts';

// What `checkSqlite` runs: the path is the argument, the problems go to standard output as a JSON array.
const [, , path = ''] = process.argv;
let problems: readonly string[];
try {
  problems = sqliteProblems(path);
} catch (error) {
  if (!hasCode(error)) throw error;
  problems = [error.message];
}
process.stdout.write(JSON.stringify(problems));
