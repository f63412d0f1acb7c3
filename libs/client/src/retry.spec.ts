import { clientLimits } from './limits.ts';
import { isRetryable, retryPause } from './retry.ts';

describe('isRetryable', () => {
  it.each([429, 500, 502, 503, 504, 599])('takes %i for passing', (status) => expect(isRetryable(status)).toBe(true));
  it.each([200, 301, 400, 404, 409, 413, 422, 499, 501])('takes %i for final', (status) =>
    expect(isRetryable(status)).toBe(false));
});

describe('retryPause', () => {
  const now = Date.parse('2024-01-01T00:00:00Z');
  const pause = (attempt: number, retryAfter?: string, random = 0) => retryPause(attempt, retryAfter, { now, random });

  it('doubles up to its limit, half of it jitter', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 30].map((attempt) => pause(attempt, undefined, 0.999999))).toEqual([
      250, 500, 1000, 2000, 4000, 8000, 8000, 8000,
    ]);
    expect([1, 2, 3].map((attempt) => pause(attempt))).toEqual([125, 250, 500]);
  });

  it('does what Retry-After says, as seconds and as a date', () => {
    expect(pause(1, '0')).toBe(0);
    expect(pause(5, '7')).toBe(7000);
    expect(pause(1, 'Mon, 01 Jan 2024 00:00:09 GMT')).toBe(9000);
    expect(pause(1, 'Sun, 31 Dec 2023 23:00:00 GMT')).toBe(0);
  });

  it('gives up on a Retry-After over the limit, and not on the limit', () => {
    expect(pause(1, `${clientLimits.retryAfterMost / 1000}`)).toBe(clientLimits.retryAfterMost);
    expect(pause(1, `${clientLimits.retryAfterMost / 1000 + 1}`)).toBeUndefined();
  });

  it.each(['', 'soon', '-1', '1.5', '9'.repeat(30)])('passes over a Retry-After of %p', (value) =>
    expect(pause(1, value)).toBe(125));
});
