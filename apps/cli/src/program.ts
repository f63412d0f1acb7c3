import { Command, Option } from 'commander';
import { applyAmbient, readConfig } from './ambient.ts';
import type { Io } from './io.ts';
import * as values from './option-values.ts';
import {
  addArtifactOptions,
  addEntryOptions,
  addProofOptions,
  addSearchOptions,
  addUploadOptions,
  logOptions,
} from './options.ts';
import { usage } from './usage.ts';

/** A command's module: loaded when it is run, so that `version` does not wait for what `upload` needs. */
interface CommandModule {
  // biome-ignore lint/suspicious/noExplicitAny: commander hands parsed options over untyped; each command names its own type.
  run(options: any, io: Io, context: { readonly program: Command; readonly args: readonly string[] }): Promise<void>;
}

/** The whole command line: every command and flag there is. What they do is in `commands/`. */
export function createProgram(io: Io): Command {
  const program = new Command('countersign')
    .description('Sign, verify, upload: a transparency log that rekor-cli users know, and the node that serves it.')
    .enablePositionalOptions()
    .configureOutput({
      writeOut: io.out,
      writeErr: io.err,
      getOutHelpWidth: () => io.columns,
      getErrHelpWidth: () => io.columns,
    })
    .configureHelp({ showGlobalOptions: false })
    .exitOverride();
  // As with rekor-cli, the log options may stand before the command too.
  for (const option of logOptions()) program.addOption(option.hideHelp());

  const add = (name: string, summary: string, load: () => Promise<CommandModule>, parent = program) =>
    parent
      .command(name)
      .description(summary)
      .action(async (...parameters: unknown[]) => {
        const command = parameters.at(-1) as Command;
        const { run } = await load();
        await run(command.opts(), io, { program, args: command.args });
      });
  const addLogCommand = (
    name: string,
    summary: string,
    load: () => Promise<CommandModule>,
    addOptions: (command: Command) => Command = (command) => command,
  ) => {
    const command = addOptions(add(name, summary, load));
    for (const option of logOptions()) command.addOption(option);
    command.hook('preAction', async () => {
      applyAmbient(command, program, io.env, await readConfig(command, program, io));
      // Before anything is done, not after.
      if (name !== 'get' && command.getOptionValue('format') === 'tle') throw usage('only get has --format tle');
    });
  };

  add('up', 'start a node', () => import('./commands/up.ts'))
    .option('--data <folder>', 'the folder with database and keys')
    .option('--database <url>', 'the PostgreSQL database with the log, which several nodes may share')
    .addOption(new Option('--port <port>', 'port to listen on').argParser(values.port))
    .option('--host <address>', 'address to listen on')
    .option('--public-url <url>', 'the address clients use; in every published URL')
    .addOption(new Option('--roles <roles>', 'the parts to run; so far there is one').choices(['log']))
    .option('--config <path>', 'YAML configuration file')
    .option('--dev', 'development: the listening address is the public one, and must be local')
    .option('--read-only', 'serve the log that is there, and take no uploads')
    .option('--no-entry-zero', 'begin a new log without an entry about itself')
    .addOption(
      new Option('--plugin-folder <path>', 'a folder of further plugins; may be repeated').argParser(values.several),
    );
  addLogCommand('upload', 'upload an entry to the log', () => import('./commands/upload.ts'), addUploadOptions);
  addLogCommand('get', 'get an entry of the log', () => import('./commands/get.ts'), addEntryOptions);
  addLogCommand(
    'verify',
    'verify that the log includes an entry',
    () => import('./commands/verify.ts'),
    (command) => addEntryOptions(addArtifactOptions(command)),
  );
  addLogCommand('search', 'find entries of the log', () => import('./commands/search.ts'), addSearchOptions);
  addLogCommand('loginfo', 'show the state of the log, verified', () => import('./commands/loginfo.ts'));
  addLogCommand(
    'logproof',
    'get a consistency proof from the log',
    () => import('./commands/logproof.ts'),
    addProofOptions,
  );
  const addDataCommand = (name: string, summary: string, load: () => Promise<CommandModule>) =>
    add(name, summary, load)
      .option('--data <folder>', 'the folder with database and keys')
      .option('--database <url>', 'the PostgreSQL database with the log')
      .option('--config <path>', 'YAML configuration file of the node');
  addDataCommand('fsck', 'examine a data folder, beside its node or not', () => import('./commands/fsck.ts')).addOption(
    new Option('--format <format>', 'output format').choices(['default', 'json']).default('default'),
  );
  addDataCommand('backup', 'copy a log, beside its node or not', () => import('./commands/backup.ts'))
    .requiredOption('--to <folder>', 'a new or empty folder')
    .option('--without-keys', 'leave out the private keys');
  addDataCommand('restore', 'put a backup into a data folder', () => import('./commands/restore.ts')).requiredOption(
    '--from <folder>',
    'the folder of the backup',
  );
  add('migrate', 'copy a log between a data folder and PostgreSQL', () => import('./commands/migrate.ts'))
    .requiredOption('--from <folder or url>', 'a data folder, or postgresql://…')
    .requiredOption('--to <folder or url>', 'the other of the two, without a log');
  add('version', 'print the version', () => import('./commands/version.ts')).option('--json', 'as JSON');
  add('completion', 'print a completion script', () => import('./commands/completion.ts')).argument(
    '<shell>',
    'bash, zsh or fish',
  );
  const plugin = program.command('plugin').description('write, build, check and list plugins');
  add('new', 'write a plugin to begin with', () => import('./commands/plugin/new.ts'), plugin)
    .argument('<folder>', 'a new or empty folder')
    .addOption(
      new Option('--type <type>', 'what it provides').choices(['entry', 'pki', 'policy']).makeOptionMandatory(),
    )
    .option('--id <id>', "kind or format (default: the folder's name)");
  add(
    'build',
    'type-check a plugin and compile it in place',
    () => import('./commands/plugin/build.ts'),
    plugin,
  ).argument('<folder>', 'the folder with plugin.json');
  add(
    'check',
    'load plugins as a node does and run their vectors',
    () => import('./commands/plugin/check.ts'),
    plugin,
  ).argument('<folder...>', 'plugin folders, or folders of them');
  add('list', 'list what is loaded', () => import('./commands/plugin/list.ts'), plugin)
    .addOption(
      new Option('--plugin-folder <path>', 'a folder of further plugins; may be repeated').argParser(values.several),
    )
    .option('--config <path>', 'YAML configuration file of a node')
    .addOption(new Option('--format <format>', 'output format').choices(['default', 'json']).default('default'));
  const shard = program.command('shard').description("list and change the shards of a node's log, also while it runs");
  const addShardCommand = (name: string, summary: string, load: () => Promise<CommandModule>) =>
    add(name, summary, load, shard)
      .option('--data <folder>', "the node's data folder")
      .option('--database <url>', 'the PostgreSQL database with the log')
      .option('--config <path>', "the node's configuration file")
      .addOption(new Option('--format <format>', 'output format').choices(['default', 'json']).default('default'));
  addShardCommand('list', 'list the shards', () => import('./commands/shard/list.ts'));
  addShardCommand(
    'roll',
    'freeze the active shard and begin a new one',
    () => import('./commands/shard/roll.ts'),
  ).option('--new-key', 'the new shard gets a key of its own');
  addShardCommand('freeze', 'make the log read only, until it is rolled', () => import('./commands/shard/freeze.ts'));
  const config = program.command('config').description("work with a node's configuration");
  add('check', 'check a configuration file', () => import('./commands/config-check.ts'), config).argument(
    '[file]',
    'YAML file',
  );
  const adopt = program.command('import').description('adopt a log of another program');
  add('rekor', 'adopt a Rekor v1 log: entries, tree ids, keys', () => import('./commands/import/rekor.ts'), adopt)
    .addOption(new Option('--from <url>', "the log's address").argParser(values.address).makeOptionMandatory())
    .addOption(
      new Option('--key <[TREEID=]file>', 'the private key of all trees, or of one; may be repeated')
        .argParser(values.several)
        .makeOptionMandatory(),
    )
    .option('--data <folder>', 'a folder without a log')
    .option('--config <path>', 'YAML configuration file of the node')
    .option('--ca-file <path>', 'PEM file of further certificate authorities to trust for https')
    .addOption(
      new Option('--plugin-folder <path>', 'a folder of further plugins; may be repeated').argParser(values.several),
    );
  const index = program.command('index').description("work with a node's search index");
  add('rebuild', 'make the search index again from the log', () => import('./commands/index-rebuild.ts'), index)
    .option('--data <folder>', 'the folder with database and keys')
    .option('--database <url>', 'the PostgreSQL database with the log')
    .option('--config <path>', 'YAML configuration file of the node');
  return program;
}
