import { CountersignError } from '@countersign/errors';

/** Stops the load: which plugin, and why. */
export function pluginInvalid(folder: string, why: string, cause?: unknown): CountersignError {
  const reason = cause instanceof Error ? `${why}: ${cause.message}` : why;
  return new CountersignError('ERR_PLUGIN_INVALID', `plugin ${folder}: ${reason}`, { cause, details: { folder } });
}
