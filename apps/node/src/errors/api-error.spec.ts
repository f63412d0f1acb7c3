import { CountersignError, type ErrorCode, errorTable } from '@countersign/errors';
import { HttpException } from '@nestjs/common';
import { apiError } from './api-error.ts';

const context = { path: '/here', requestId: 'r-1', bodyBytes: 99 };
const internal = {
  status: 500,
  code: 500,
  message: "internal error; the server's log says more at request r-1",
  headers: {},
};

function of(code: ErrorCode, details?: Record<string, unknown>) {
  return apiError(new CountersignError(code, 'why', details && { details }), context);
}

describe('apiError', () => {
  it('tells strangers nothing of what fails inside', () => {
    expect(apiError(new TypeError('secret'), context)).toEqual(internal);
    expect(apiError('secret', context)).toEqual(internal);
    expect(apiError(undefined, context)).toEqual(internal);
    expect(apiError(new HttpException('secret', 502), context)).toEqual(internal);
    for (const code of ['ERR_STORAGE', 'ERR_INTERNAL', 'ERR_SIGNER', 'ERR_TREE_CORRUPT', 'ERR_NETWORK'] as const) {
      expect(of(code)).toEqual(internal);
    }
  });

  it('has no 5xx for any other code but the two that mean it', () => {
    for (const code of Object.keys(errorTable) as ErrorCode[]) {
      const { status, message } = of(code);
      if (code === 'ERR_STORAGE_UNAVAILABLE') continue;
      if (status < 500) expect(message).toBe('why');
      else expect([500, 501, 503]).toContain(status);
    }
  });

  it("puts the validator's number into the body of a 422", () => {
    expect(of('ERR_SCHEMA', { code: 605 })).toEqual({ status: 422, code: 605, message: 'why', headers: {} });
    expect(of('ERR_SCHEMA')).toMatchObject({ status: 422, code: 422 });
  });

  it('adds the headers that belong to a refusal', () => {
    expect(of('ERR_ENTRY_EXISTS', { entryId: 'ab' })).toMatchObject({
      status: 409,
      headers: { location: '/api/v1/log/entries/ab' },
    });
    expect(of('ERR_QUEUE_FULL', { retryAfterSeconds: 7 })).toMatchObject({
      status: 429,
      headers: { 'retry-after': '7' },
    });
    expect(of('ERR_RATE_LIMITED', { retryAfterSeconds: 9 })).toMatchObject({
      status: 429,
      message: 'why',
      headers: { 'retry-after': '9' },
    });
    expect(of('ERR_QUEUE_FULL')).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
    for (const code of ['ERR_NO_SEQUENCER', 'ERR_LEASE_LOST'] as const) {
      expect(of(code, { retryAfterSeconds: 2 })).toMatchObject({ status: 503, headers: { 'retry-after': '2' } });
    }
    expect(of('ERR_SHUTTING_DOWN')).toMatchObject({ status: 503, message: 'why', headers: { 'retry-after': '1' } });
    expect(of('ERR_SHARD_FROZEN')).toMatchObject({ status: 405, message: 'why', headers: { allow: 'GET' } });
    expect(of('ERR_HTTP_METHOD', { allow: 'GET' })).toMatchObject({ status: 405, headers: { allow: 'GET' } });
  });

  it('asks to try again when storage fails for now, and says nothing of how', () => {
    const answer = of('ERR_STORAGE_UNAVAILABLE');
    expect(answer).toMatchObject({ status: 503, code: 503, headers: { 'retry-after': '5' } });
    expect(answer.message).toContain('request r-1');
    expect(answer.message).not.toContain('why');
  });

  it('words what the framework refuses', () => {
    expect(apiError(new HttpException('x', 404), context)).toMatchObject({
      code: 404,
      message: 'path /here was not found',
    });
    expect(apiError(new HttpException('x', 413), context)).toMatchObject({
      code: 413,
      message: 'Request Entity Too Large. Limit set to 99',
    });
    expect(apiError(new HttpException('x', 415), context)).toMatchObject({ code: 415 });
    expect(apiError(new HttpException('secret', 400), context)).toMatchObject({ code: 400, message: 'Bad Request' });
  });
});
