import { hasCode } from '@countersign/errors';

/** Whether something failed because the database did: it may be there again in a moment, or for another node. */
export function isStorageFailure(error: unknown): boolean {
  return hasCode(error, 'ERR_STORAGE', 'ERR_STORAGE_UNAVAILABLE');
}
