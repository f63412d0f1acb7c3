import { hasCode } from '../error.ts';

/** Runs what must refuse; gives `code: message`. Anything but a coded refusal fails the test. */
export function refusal(work: () => unknown): string {
  let result: unknown;
  try {
    result = work();
  } catch (error) {
    if (hasCode(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error(`not refused: ${String(result)}`);
}
