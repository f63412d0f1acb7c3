import { clientLimits } from './limits.ts';

/** Tells whether an answer's status is worth another attempt: 429 and 5xx, but not 501. */
export function isRetryable(status: number): boolean {
  return status === 429 || (status >= 500 && status !== 501);
}

/**
 * The pause before the next attempt, in milliseconds: what `Retry-After` (RFC 9110 §10.2.3)
 * asks for, else exponential, half of it jitter. Returns `undefined` when the server asks for
 * more than the client is ready to wait.
 *
 * @param attempt attempts made so far, from 1
 * @param random in [0, 1)
 */
export function retryPause(
  attempt: number,
  retryAfter: string | undefined,
  { now, random }: { readonly now: number; readonly random: number },
): number | undefined {
  const asked = parseRetryAfter(retryAfter, now);
  if (asked !== undefined) return asked > clientLimits.retryAfterMost ? undefined : asked;
  const most = Math.min(clientLimits.retryPauseMost, clientLimits.retryPause * 2 ** (attempt - 1));
  return Math.ceil(most / 2 + (most / 2) * random);
}

function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  // Date.parse takes more than HTTP dates: "1.5" is one to it.
  const at = value.endsWith('GMT') ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
