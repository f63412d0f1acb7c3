/** What a command may touch of the world; tests hand over their own. */
export interface Io {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The user's home folder. */
  readonly home: string;
  readonly stdin: AsyncIterable<Uint8Array | string>;
  /** Whether a person reads `err` on a terminal. */
  readonly terminal: boolean;
  /** Width of help texts. */
  readonly columns: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Calls `handler` again and again, this many milliseconds apart; returns what ends that. */
  readonly every: (milliseconds: number, handler: () => void) => () => void;
  /** Calls `handler` on each SIGTERM and SIGINT; returns what ends that. */
  readonly onStop: (handler: (signal: string) => void) => () => void;
  /** Calls `handler` on each SIGHUP, with whether it came because the terminal is gone; returns what ends that. */
  readonly onHangup: (handler: (terminalGone: boolean) => void) => () => void;
  /** Ends the process at once. */
  readonly abort: (exitCode: number) => void;
}
