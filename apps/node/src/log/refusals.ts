import { CountersignError, hasCode } from '@countersign/errors';

/**
 * Puts a refusal of an upload into upstream's words: `error processing entry: …` before everything the
 * entry type found wrong. What was wrong around it (no JSON, no kind, a full queue) stays as it is.
 *
 * @throws always
 */
export function refuseUpload(error: unknown): never {
  throw reworded(error, 'error processing entry: ') ?? error;
}

/**
 * Puts a refusal of a proposal inside a retrieval into upstream's words: a 400 also where an
 * upload's kind would be a 422.
 *
 * @throws always
 */
export function refuseProposal(error: unknown): never {
  if (hasCode(error, 'ERR_ENTRY_KIND_UNKNOWN') || (hasCode(error, 'ERR_SCHEMA') && detail(error, 'path') === 'kind')) {
    throw new CountersignError('ERR_ENTRY_INVALID', `parsing entry body failed: ${error.message}`, { cause: error });
  }
  throw reworded(error, '') ?? error;
}

function reworded(error: unknown, prefix: string): CountersignError | undefined {
  if (hasCode(error, 'ERR_SCHEMA') && detail(error, 'stage') === 'spec') {
    return new CountersignError('ERR_ENTRY_INVALID', prefix + error.message, { cause: error });
  }
  if (!hasCode(error, ...refusals) || detail(error, 'stage') === 'json') return undefined;
  return new CountersignError(error.code, prefix + error.message, { cause: error });
}

/** The codes an entry is refused with, rather than the request. */
const refusals = [
  'ERR_ADMISSION_DENIED',
  'ERR_ALGORITHM_NOT_ALLOWED',
  'ERR_ENTRY_INVALID',
  'ERR_ENTRY_VERSION_UNKNOWN',
  'ERR_MALFORMED',
  'ERR_SIGNATURE_INVALID',
  'ERR_TIMEOUT',
  'ERR_UNSUPPORTED',
] as const;

function detail(error: Error, name: 'path' | 'stage'): unknown {
  const details: unknown = Reflect.get(error, 'details');
  return typeof details === 'object' && details !== null ? Reflect.get(details, name) : undefined;
}
