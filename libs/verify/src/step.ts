import { CountersignError, type ErrorCode, hasCode } from '@countersign/errors';

/** What is verified of a log entry, in this order. A refusal names its step in `details.step`. */
export type VerificationStep =
  | 'entry id'
  | 'leaf hash'
  | 'log id'
  | 'body'
  | 'inclusion proof'
  | 'checkpoint'
  | 'tree head'
  | 'tree id'
  | 'signed entry timestamp';

/** Refuses at `step` unless `found` is `expected`. */
export function expectSame(
  step: VerificationStep,
  code: ErrorCode,
  expected: string | number,
  found: string | number,
): void {
  if (found !== expected) throw refusal(step, code, `${step}: expected ${expected}, got ${found}`, { expected, found });
}

/** Runs a step that refuses by itself, and puts the step's name, and `code` if given, to its refusal. */
export function run<T>(step: VerificationStep, check: () => T, code?: ErrorCode): T {
  try {
    return check();
  } catch (cause) {
    if (!hasCode(cause)) throw cause;
    const details = 'details' in cause && typeof cause.details === 'object' ? cause.details : undefined;
    throw refusal(step, code ?? cause.code, cause.message, { ...details }, cause);
  }
}

/** The refusal of a step. */
export function refusal(
  step: VerificationStep,
  code: ErrorCode,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
  cause?: unknown,
): CountersignError {
  return new CountersignError(code, message, { details: { step, ...details }, cause });
}
