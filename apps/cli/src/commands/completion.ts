import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { completionScript } from '../text/completion-script.ts';
import { usage } from '../usage.ts';

/** `countersign completion`: prints a script that completes this very command line. */
export async function run(
  _options: unknown,
  io: Io,
  { program, args: [shell = ''] }: { readonly program: Command; readonly args: readonly string[] },
): Promise<void> {
  if (shell !== 'bash' && shell !== 'zsh' && shell !== 'fish')
    throw usage(`no completion for ${shell}: bash, zsh or fish`);
  io.out(completionScript(shell, program));
}
