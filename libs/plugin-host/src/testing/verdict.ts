/** What became of a proposal: the code and message it was refused with, or {@link notRefused}. */
export interface Verdict {
  readonly code: string;
  readonly message: string;
}

/** The verdict on what is admitted. */
export const notRefused: Verdict = { code: 'none', message: 'not refused' };

/** A vector of what upstream's server, or ours alone, refuses. */
export interface RefusedVector {
  /** Absent where ours admits it. */
  readonly code?: string;
  /** Upstream's message. */
  readonly upstream: string;
  /** Ours, where it is another. */
  readonly ours?: string;
}

/** The verdict that a vector expects. */
export function verdictOf({ code, upstream, ours }: RefusedVector): Verdict {
  return code === undefined ? notRefused : { code, message: ours ?? upstream };
}
