import { CountersignError } from '@countersign/errors';

/** The error of a command line that cannot be carried out as it stands. */
export function usage(message: string): CountersignError {
  return new CountersignError('ERR_CONFIG_INVALID', message);
}
