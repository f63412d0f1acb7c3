import { type ErrorCode, errorTable, hasCode } from '@countersign/errors';
import { printable } from './printable.ts';

/** What a person can do about an error of this code. */
const advice: { readonly [code in ErrorCode]?: string } = {
  ERR_CONFIG_INVALID: 'See `countersign help`, or docs/cli.md for flags, environment and configuration file.',
  ERR_ENTRY_KIND_UNKNOWN: 'A plugin that provides the kind is named with --plugin-folder.',
  ERR_ENTRY_MISMATCH: 'Check that artifact, signature and key belong together, and that this is the log you mean.',
  ERR_ENTRY_NOT_FOUND: 'Check --rekor_server and the id or index; an artifact must first be uploaded.',
  ERR_INTERNAL: 'This is a fault of Countersign: please report it with the text above.',
  ERR_LOG_FORKED:
    'Do not trust this log: show both checkpoints to others who use it. If it is your own and you began it anew, remove it from the state file.',
  ERR_LOG_SHRUNK:
    'Do not trust this log until its operator explains it: entries you relied on may be gone. Keep both checkpoints above: they are the evidence.',
  ERR_NETWORK:
    'Check --rekor_server, the network and proxy variables. A private CA is named with --ca-file; --timeout and --retry set the patience.',
  ERR_QUEUE_FULL: 'Try again in a moment.',
  ERR_SIGNATURE_INVALID: 'Check that the signature was made over this artifact with this key.',
};

/** Advice where the code alone does not tell it. */
function adviceFor(error: Error & { readonly code: ErrorCode }): string | undefined {
  const details = detailsOf(error);
  if (error.code === 'ERR_CHECKPOINT_INVALID' && typeof details.stored === 'string') {
    return (
      'Either the log has a new key and its operator says so, or another server answers in its place. ' +
      'If you are sure, remove the tree from the state file.'
    );
  }
  return advice[error.code];
}

/**
 * An error as it is written to the standard error: what failed, the evidence where there is
 * any, and what to do. Nothing in it can drive a terminal.
 */
export function errorText(error: unknown, stateFile: string): string {
  if (!hasCode(error)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return printable(`countersign: internal fault: ${stack}\n${advice.ERR_INTERNAL}\n`);
  }
  const lines = [`countersign: ${error.message} (${error.code})`];
  const { stored, shown } = detailsOf(error);
  if (error.code === 'ERR_LOG_FORKED' || error.code === 'ERR_LOG_SHRUNK') {
    lines.unshift(`!!! ${errorTable[error.code][1]} !!!`);
    lines.push(`--- seen before (${stateFile}, left as it is):`, String(stored), '--- shown now:', String(shown));
  } else if (stored !== undefined) {
    lines.push(`--- stored in ${stateFile}, left as it is:`, String(stored));
  }
  const hint = adviceFor(error);
  if (hint !== undefined) lines.push(hint);
  return printable(`${lines.join('\n')}\n`);
}

function detailsOf(error: Error): Readonly<Record<string, unknown>> {
  const details = 'details' in error ? error.details : undefined;
  return typeof details === 'object' && details !== null ? (details as Record<string, unknown>) : {};
}
