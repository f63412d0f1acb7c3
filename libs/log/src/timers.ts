import { setTimeout } from 'node:timers/promises';

/** Time that passes, as nodes on one log need it. Tests bring their own. */
export interface Timers {
  /** Milliseconds, of a clock that is never set. */
  readonly now: () => number;
  /** Calls `work` every so many milliseconds, until the returned function is called. */
  readonly every: (ms: number, work: () => void) => () => void;
  readonly wait: (ms: number) => Promise<void>;
}

/** The machine's own time. */
export const systemTimers: Timers = {
  now: () => performance.now(),
  every: (ms, work) => {
    const timer = setInterval(work, ms);
    return () => clearInterval(timer);
  },
  wait: (ms) => setTimeout(ms),
};
