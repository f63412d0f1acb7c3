import type { Command, Option } from 'commander';

interface Words {
  /** `upload`, `config check`; empty for the program itself. */
  readonly path: string;
  readonly summary: string;
  readonly subcommands: readonly { readonly name: string; readonly summary: string }[];
  readonly options: readonly Option[];
}

/** The completion script for a shell, made from the commands and flags there are. */
export function completionScript(shell: 'bash' | 'zsh' | 'fish', program: Command): string {
  const commands = collect(program, '');
  if (shell === 'fish') return fish(program.name(), commands);
  const script = bash(program.name(), commands);
  // zsh runs bash's completion through its own compatibility layer.
  return shell === 'bash'
    ? script
    : `#compdef ${program.name()}\nautoload -U +X bashcompinit && bashcompinit\n${script}`;
}

function collect(command: Command, path: string): readonly Words[] {
  const subcommands = command.commands.map((sub) => ({ name: sub.name(), summary: sub.description() }));
  const own = { path, summary: command.description(), subcommands, options: command.options };
  const nested = command.commands.flatMap((sub) => collect(sub, path === '' ? sub.name() : `${path} ${sub.name()}`));
  return [own, ...nested];
}

/** The flag as it is shown; of two spellings rekor-cli's. */
function flagOf(option: Option): string {
  return option.long ?? option.short ?? '';
}

function bash(name: string, commands: readonly Words[]): string {
  const fn = `_${name}`;
  const cases = commands.map(({ path, subcommands, options }) => {
    const words = [...subcommands.map((sub) => sub.name), ...options.map(flagOf), '--help'].join(' ');
    return `    '${path}') words='${words}' ;;`;
  });
  const values = new Map<string, string>();
  for (const option of commands.flatMap((command) => command.options)) {
    if (option.argChoices === undefined) continue;
    // A flag of several commands offers what any of them takes.
    const before = values.get(flagOf(option))?.split(' ') ?? [];
    values.set(flagOf(option), [...new Set([...before, ...option.argChoices])].join(' '));
  }
  const choices = [...values].map(
    ([flag, words]) => `    ${flag}) COMPREPLY=($(compgen -W '${words}' -- "$word")); return ;;`,
  );
  const paths = commands.map(({ path }) => path).filter((path) => path !== '');
  // Where a command is to come next, no file can.
  const groups = commands.filter(({ subcommands }) => subcommands.length > 0).map(({ path }) => path);
  return `# ${name} completion: source this file
${fn}() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} path= words= i
  COMPREPLY=()
  case $before in
${choices.join('\n')}
  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${path:+$path }\${COMP_WORDS[i]}" in
      ${paths.map((path) => `'${path}'`).join('|')}) path="\${path:+$path }\${COMP_WORDS[i]}" ;;
    esac
  done
  case $path in
${cases.join('\n')}
  esac
  if [[ $word == -* || " ${groups.join(' ')} " == *" $path "* ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}
complete -o filenames -F ${fn} ${name}
`;
}

function fish(name: string, commands: readonly Words[]): string {
  const quote = (text: string) => `'${text.replace(/['\\]/g, '\\$&')}'`;
  const top = commands.find(({ path }) => path === '')?.subcommands ?? [];
  const lines = top.map(
    (sub) => `complete -c ${name} -n __fish_use_subcommand -f -a ${sub.name} -d ${quote(sub.summary)}`,
  );
  for (const { path, subcommands, options } of commands) {
    if (path === '') continue;
    const when = quote(`__fish_seen_subcommand_from ${path.split(' ').at(-1)}`);
    for (const sub of subcommands) {
      lines.push(`complete -c ${name} -n ${when} -f -a ${sub.name} -d ${quote(sub.summary)}`);
    }
    for (const option of options) {
      const takes =
        option.argChoices !== undefined ? ` -x -a ${quote(option.argChoices.join(' '))}` : option.required ? ' -r' : '';
      lines.push(
        `complete -c ${name} -n ${when} -l ${flagOf(option).slice(2)}${takes} -d ${quote(option.description)}`,
      );
    }
  }
  return `# ${name} completion: put this into ~/.config/fish/completions/${name}.fish\n${lines.join('\n')}\n`;
}
