import assert from 'node:assert/strict';
import { pluginErrorCodes } from '../api.ts';

/** What became of an attempt: its result, or the code it was refused with. */
export type Attempt<T> = { readonly value: T } | { readonly code: string };

/**
 * Runs `work` and accepts a result or a refusal with one of {@link pluginErrorCodes}.
 * Anything else that is thrown is a bug of the plugin, and fails the test.
 */
export async function attempt<T>(what: string, work: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined;
    if (code === undefined || !(pluginErrorCodes as readonly string[]).includes(code)) {
      assert.fail(`${what}: thrown without a plugin's code: ${error instanceof Error ? error.stack : String(error)}`);
    }
    return { code };
  }
}

/** Runs `work`, which must be refused, with `code` when that is given. */
export async function refused(what: string, work: () => Promise<unknown>, code?: string): Promise<void> {
  const result = await attempt(what, work);
  if ('value' in result) assert.fail(`${what}: not refused`);
  if (code !== undefined) assert.equal(result.code, code, what);
}
