import type { Runner } from './runner.ts';

/** Runs a suite by itself and returns the full names of the tests that failed. */
export async function runAll(suite: (runner: Runner) => void): Promise<string[]> {
  const tests: { name: string; body: () => Promise<void> }[] = [];
  const names: string[] = [];
  suite({
    describe(name, body) {
      names.push(name);
      body();
      names.pop();
    },
    it: (name, body) => tests.push({ name: [...names, name].join(' › '), body }),
  });
  const failed: string[] = [];
  for (const { name, body } of tests) await body().catch(() => failed.push(name));
  return failed;
}
