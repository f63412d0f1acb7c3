import { CountersignError, hasCode } from '@countersign/errors';

/** An error on its way from one thread to another: classes do not survive the journey, codes do. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
  /** For the log. */
  readonly cause?: string;
}

/** Takes an error apart. What has no code of the table becomes `ERR_INTERNAL`. */
export function toWire(error: unknown): WireError {
  if (!hasCode(error)) return { code: 'ERR_INTERNAL', message: 'admission failed', cause: describe(error) };
  const { details } = error as Partial<CountersignError>;
  return {
    code: error.code,
    message: error.message,
    ...(details !== undefined && { details }),
    ...(error.cause !== undefined && { cause: describe(error.cause) }),
  };
}

/** Puts it together again. */
export function fromWire({ code, message, details, cause }: WireError): CountersignError {
  return new CountersignError(code as CountersignError['code'], message, {
    ...(details !== undefined && { details }),
    ...(cause !== undefined && { cause: new Error(cause) }),
  });
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
