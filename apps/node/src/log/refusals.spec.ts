import { CountersignError, type ErrorCode } from '@countersign/errors';
import { refuseProposal, refuseUpload } from './refusals.ts';

function reworded(refuse: (error: unknown) => never, code: ErrorCode, details?: Record<string, unknown>): unknown {
  const original = new CountersignError(code, 'why', details && { details });
  try {
    return refuse(original);
  } catch (error) {
    if (error === original) return 'as it was';
    const { code: found, message, cause } = error as CountersignError;
    expect(cause).toBe(original);
    return [found, message];
  }
}

describe('refuseUpload', () => {
  it('says of what is wrong with an entry that it is the entry', () => {
    expect(reworded(refuseUpload, 'ERR_SIGNATURE_INVALID')).toEqual([
      'ERR_SIGNATURE_INVALID',
      'error processing entry: why',
    ]);
    expect(reworded(refuseUpload, 'ERR_ENTRY_VERSION_UNKNOWN')).toEqual([
      'ERR_ENTRY_VERSION_UNKNOWN',
      'error processing entry: why',
    ]);
    expect(reworded(refuseUpload, 'ERR_SCHEMA', { stage: 'spec', code: 602 })).toEqual([
      'ERR_ENTRY_INVALID',
      'error processing entry: why',
    ]);
  });

  it.each<[ErrorCode, Record<string, unknown> | undefined]>([
    ['ERR_MALFORMED', { stage: 'json' }],
    ['ERR_SCHEMA', { stage: 'envelope', path: 'kind' }],
    ['ERR_ENTRY_KIND_UNKNOWN', undefined],
    ['ERR_ENTRY_EXISTS', undefined],
    ['ERR_QUEUE_FULL', undefined],
    ['ERR_SHUTTING_DOWN', undefined],
    ['ERR_STORAGE', undefined],
    ['ERR_INTERNAL', undefined],
  ])('leaves %s %j as it is', (code, details) => {
    expect(reworded(refuseUpload, code, details)).toBe('as it was');
  });

  it('leaves a bug as it is', () => {
    const bug = new TypeError('bug');
    expect(() => refuseUpload(bug)).toThrow(bug);
  });
});

describe('refuseProposal', () => {
  it('is a 400 also where an upload would be a 422', () => {
    expect(reworded(refuseProposal, 'ERR_ENTRY_KIND_UNKNOWN')).toEqual([
      'ERR_ENTRY_INVALID',
      'parsing entry body failed: why',
    ]);
    expect(reworded(refuseProposal, 'ERR_SCHEMA', { path: 'kind', code: 602 })).toEqual([
      'ERR_ENTRY_INVALID',
      'parsing entry body failed: why',
    ]);
    expect(reworded(refuseProposal, 'ERR_SCHEMA', { stage: 'spec' })).toEqual(['ERR_ENTRY_INVALID', 'why']);
  });

  it('leaves the rest of the envelope to the validator', () => {
    expect(reworded(refuseProposal, 'ERR_SCHEMA', { stage: 'envelope', path: 'apiVersion', code: 602 })).toBe(
      'as it was',
    );
    expect(reworded(refuseProposal, 'ERR_QUEUE_FULL')).toBe('as it was');
  });
});
