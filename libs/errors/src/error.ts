import { type ErrorCode, errorTable } from './table.ts';

/** What an error carries beside its code and message. */
export interface ErrorOptions {
  /** What was caught, when this error replaces it. */
  readonly cause?: unknown;
  /** Facts for programs: positions, limits, what was expected and what was found. JSON values only. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * The one error class. A refusal that can be expected carries a code of the
 * table; anything else that is thrown is a bug and becomes a generic 500.
 *
 * Across plugin and thread boundaries errors are told by {@link CountersignError.code},
 * never by `instanceof`: use {@link hasCode}.
 */
export class CountersignError extends Error {
  override readonly name = 'CountersignError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details;
  }

  /** The HTTP status of this error's code. */
  get status(): number {
    return errorTable[this.code][0];
  }
}

/** Tells whether `error` carries a code of the table (any of `codes`, when given). */
export function hasCode(error: unknown, ...codes: readonly ErrorCode[]): error is Error & { readonly code: ErrorCode } {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false;
  if (!Object.hasOwn(errorTable, error.code)) return false;
  return codes.length === 0 || (codes as readonly string[]).includes(error.code);
}

/** The flat refusal every parser gives: `malformed X`, with what was wrong when that helps. */
export function malformed(what: string, why?: string, cause?: unknown): CountersignError {
  return new CountersignError('ERR_MALFORMED', why === undefined ? `malformed ${what}` : `malformed ${what}: ${why}`, {
    cause,
  });
}
