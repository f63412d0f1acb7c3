import { runTests } from './run-tests.ts';
import type { Runner } from './runner.ts';

/** Runs a suite by itself and returns the full names of the tests that failed. */
export async function runAll(suite: (runner: Runner) => void): Promise<string[]> {
  return (await runTests(suite)).filter(({ failure }) => failure !== undefined).map(({ name }) => name);
}
