import { type ErrorCode, hasCode } from '@countersign/errors';

/** The exit codes of `countersign`; docs/cli.md lists the same. */
export const exitCodes = {
  ok: 0,
  /** Refused, or verification failed. */
  failed: 1,
  /** Flags, environment or configuration. */
  usage: 2,
  /** A server cannot be reached, or broke off. */
  network: 3,
  /** The log showed two histories. */
  forked: 4,
  /** The log is smaller than before. */
  shrunk: 5,
  /** A fault of ours. */
  fault: 70,
} as const;

const byCode: { readonly [code in ErrorCode]?: number } = {
  ERR_CONFIG_INVALID: exitCodes.usage,
  ERR_INTERNAL: exitCodes.fault,
  ERR_LOG_FORKED: exitCodes.forked,
  ERR_LOG_SHRUNK: exitCodes.shrunk,
  ERR_NETWORK: exitCodes.network,
};

/** The exit code for an error a command ended with. */
export function exitCodeOf(error: unknown): number {
  if (!hasCode(error)) return exitCodes.fault;
  return byCode[error.code] ?? exitCodes.failed;
}
