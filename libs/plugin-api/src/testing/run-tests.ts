import type { Runner } from './runner.ts';

/** What became of one test. */
export interface TestResult {
  /** With the names of what it stands in. */
  readonly name: string;
  /** What went wrong; `undefined` when it passed. */
  readonly failure?: string;
}

/** Runs a suite of the kit without a test runner, one test after the other. */
export async function runTests(suite: (runner: Runner) => void): Promise<TestResult[]> {
  const tests: { readonly name: string; readonly body: () => Promise<void> }[] = [];
  const names: string[] = [];
  suite({
    describe(name, body) {
      names.push(name);
      body();
      names.pop();
    },
    it: (name, body) => tests.push({ name: [...names, name].join(' › '), body }),
  });
  const results: TestResult[] = [];
  for (const { name, body } of tests) {
    results.push(
      await body().then(
        () => ({ name }),
        (error) => ({ name, failure: messageOf(error) }),
      ),
    );
  }
  return results;
}

/** A plugin may throw anything. */
function messageOf(thrown: unknown): string {
  return String(typeof thrown === 'object' && thrown !== null && 'message' in thrown ? thrown.message : thrown);
}
