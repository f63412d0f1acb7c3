import type { Io } from '../io.ts';
import type { LogOptions } from '../options.ts';
import { goJson } from './go-json.ts';

/** A command's result in the forms it has. */
export interface Result {
  readonly text: string;
  readonly json: unknown;
  /** A transparency log entry as protobuf JSON; `get` alone has it. */
  readonly tle?: unknown;
}

/** Prints a result as `--format` says: on standard output, JSON on one line. */
export function printResult(io: Io, format: LogOptions['format'], { text, json, tle }: Result): void {
  if (format === 'default') {
    io.out(text);
    return;
  }
  io.out(`${goJson(format === 'json' ? json : tle)}\n`);
}
