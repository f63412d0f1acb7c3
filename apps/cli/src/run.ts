import { CommanderError } from 'commander';
import { exitCodeOf, exitCodes } from './exit-code.ts';
import type { Io } from './io.ts';
import { createProgram } from './program.ts';
import { stateFile } from './state-file.ts';
import { errorText } from './text/error-text.ts';

/**
 * Runs one command line.
 *
 * @param args the arguments after the program's name
 * @returns the exit code; every error has been reported by then
 */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const program = createProgram(io);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    io.err(errorText(error, stateFile(io.home)));
    return exitCodeOf(error);
  }
}
