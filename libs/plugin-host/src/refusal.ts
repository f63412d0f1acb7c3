import { CountersignError } from '@countersign/errors';

/** Stops the load: which plugin, and why. */
export function pluginInvalid(folder: string, why: string, cause?: unknown): CountersignError {
  const reason = cause === undefined ? why : `${why}: ${messageOf(cause)}`;
  return new CountersignError('ERR_PLUGIN_INVALID', `plugin ${folder}: ${reason}`, { cause, details: { folder } });
}

/** A plugin may throw anything, also an error of another realm. */
function messageOf(thrown: unknown): string {
  const message = typeof thrown === 'object' && thrown !== null && 'message' in thrown ? thrown.message : thrown;
  return String(message);
}
