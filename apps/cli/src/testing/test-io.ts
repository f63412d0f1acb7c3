import type { Io } from '../io.ts';
import { run } from '../run.ts';

/** What a command line came to. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** An {@link Io} that keeps what is written and touches nothing but `home`. */
export function testIo(
  home: string,
  change: Partial<Io> = {},
): Io & { readonly written: { out: string; err: string } } {
  const written = { out: '', err: '' };
  return {
    written,
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
    env: {},
    home,
    stdin: (async function* () {})(),
    terminal: false,
    columns: 100,
    now: () => 0,
    every: () => () => {},
    onStop: () => () => {},
    onHangup: () => () => {},
    abort: () => {},
    ...change,
  };
}

/** Runs a command line with a home folder of its own. */
export async function runIn(home: string, args: readonly string[], change: Partial<Io> = {}): Promise<Ran> {
  const io = testIo(home, change);
  const code = await run(args, io);
  return { code, ...io.written };
}
