import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exitCodes } from './exit-code.ts';
import { runIn } from './testing/test-io.ts';

const commandLine = (...args: string[]) => runIn('/nowhere', args);

describe('the command line', () => {
  it('has these commands and flags', async () => {
    expect((await commandLine('--help')).out).toMatchInlineSnapshot(`
"Usage: countersign [options] [command]

Sign, verify, upload: a transparency log that rekor-cli users know, and the node that serves it.

Options:
  -h, --help          display help for command

Commands:
  up [options]        start a node
  upload [options]    upload an entry to the log
  get [options]       get an entry of the log
  verify [options]    verify that the log includes an entry
  search [options]    find entries of the log
  loginfo [options]   show the state of the log, verified
  logproof [options]  get a consistency proof from the log
  fsck [options]      examine a data folder, beside its node or not
  backup [options]    copy a log, beside its node or not
  restore [options]   put a backup into a data folder
  migrate [options]   copy a log between a data folder and PostgreSQL
  version [options]   print the version
  completion <shell>  print a completion script
  plugin              write, build, check and list plugins
  shard               list and change the shards of a node's log, also while it runs
  config              work with a node's configuration
  import              adopt a log of another program
  index               work with a node's search index
  help [command]      display help for command
"
`);
    expect((await commandLine('up', '--help')).out).toMatchInlineSnapshot(`
"Usage: countersign up [options]

start a node

Options:
  --data <folder>         the folder with database and keys
  --database <url>        the PostgreSQL database with the log, which several nodes may share
  --port <port>           port to listen on
  --host <address>        address to listen on
  --public-url <url>      the address clients use; in every published URL
  --roles <roles>         the parts to run; so far there is one (choices: "log")
  --config <path>         YAML configuration file
  --dev                   development: the listening address is the public one, and must be local
  --read-only             serve the log that is there, and take no uploads
  --no-entry-zero         begin a new log without an entry about itself
  --plugin-folder <path>  a folder of further plugins; may be repeated
  -h, --help              display help for command
"
`);
    const verify = (await commandLine('verify', '--help')).out;
    const kinds = /\nTypes: .*\bhashedrekord\b.*\nPKI formats: .*\bssh\b.*\n--plugin-folder adds others\.\n$/;
    expect(verify).toMatch(kinds);
    expect(verify.replace(kinds, '')).toMatchInlineSnapshot(`
"Usage: countersign verify [options]

verify that the log includes an entry

Options:
  --artifact <path or URL>                                            the artifact; - for standard input
  --artifact-hash <digest>                                            its SHA-256, SHA-384 or SHA-512 in hex, in place of the artifact
  --signature <path or URL>                                           the detached signature
  --public-key <path or URL>                                          the key or certificate; may be repeated
  --pki-format <format>                                               format of signature and key (default: "x509")
  --type <kind[:version]>                                             the kind of entry (default: "hashedrekord")
  --entry <path or URL>                                               a whole proposed entry, in place of the options above
  --aad <base64>                                                      additional authenticated data
  --plugin-folder <path>                                              a folder of further plugins; may be repeated
  --uuid <uuid>                                                       UUID or entry id
  --log-index <index>                                                 index in the log
  -h, --help                                                          display help for command

Log options:
  --rekor-server, --rekor_server <url>                                the log's address (default: "http://127.0.0.1:3000")
  --rekor-server-public-key, --rekor_server_public_key <PEM or path>  trust this key of the log, not the one it serves
  --format <format>                                                   output format (choices: "default", "json", "tle", default: "default")
  --timeout <duration>                                                time for one request with its retries; 0 for no limit (default: 30s)
  --retry <count>                                                     times a failed request is sent again (default: 3)
  --store-tree-state, --store_tree_state [bool]                       remember what the log showed in ~/.rekor/state.json (default: true)
  --ca-file <path>                                                    PEM file of further certificate authorities to trust for https
  --config <path>                                                     configuration file (default: ~/.rekor.yaml)
"
`);
  });

  it.each([
    ['loginfo'],
    ['upload'],
    ['get'],
    ['search'],
    ['logproof'],
    ['version'],
    ['completion'],
    ['config'],
    ['config', 'check'],
    ['plugin'],
    ['plugin', 'new'],
    ['plugin', 'build'],
    ['plugin', 'check'],
    ['plugin', 'list'],
    ['index'],
    ['index', 'rebuild'],
  ])('helps with %s %s', async (...path) => {
    const { code, out } = await commandLine(...path, '--help');
    expect(code).toBe(exitCodes.ok);
    expect(out).toContain(`Usage: countersign ${path.join(' ')} `);
  });

  it.each([
    [[]],
    [['nope']],
    [['loginfo', '--nope']],
    [['loginfo', 'extra']],
    [['up', '--port', 'x']],
    [['up', '--roles', 'ca']],
    [['config']],
    [['index']],
    [['completion', 'tcsh']],
    [['plugin', 'new', 'x']],
    [['plugin', 'build']],
    [['plugin', 'check']],
  ])('is used wrongly with %p', async (args) => {
    const { code, out, err } = await commandLine(...args);
    expect({ code, out }).toEqual({ code: exitCodes.usage, out: '' });
    expect(err).not.toBe('');
  });

  it('tells its version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    expect((await commandLine('version')).out).toMatch(new RegExp(`^countersign ${version}\\nNode v\\d+\\.`));
    expect(JSON.parse((await commandLine('version', '--json')).out)).toEqual({
      version,
      node: process.version,
      platform: `${process.platform}/${process.arch}`,
    });
  });

  it('documents its exit codes', () => {
    const text = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
    const documented = [...text.matchAll(/^\| `(\d+)` \|/gm)].map(([, code]) => Number(code));
    expect(documented).toEqual(Object.values(exitCodes));
  });

  it('documents every command and flag', async () => {
    const text = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
    for (const command of [
      'up',
      'upload',
      'get',
      'verify',
      'search',
      'loginfo',
      'logproof',
      'fsck',
      'backup',
      'restore',
      'version',
      'completion',
      'config check',
      'plugin new',
      'plugin build',
      'plugin check',
      'plugin list',
      'index rebuild',
      'shard list',
      'shard roll',
      'shard freeze',
    ]) {
      expect(text).toContain(`countersign ${command}`);
      const { out } = await commandLine(...command.split(' '), '--help');
      for (const [flag] of out.matchAll(/--[a-z][\w-]*/g)) expect(text).toContain(`\`${flag}`);
    }
  });
});

describe('config check', () => {
  it('prints no password', async () => {
    const env = {
      COUNTERSIGN_DEV: 'true',
      COUNTERSIGN_DATABASE: 'postgres://user:secret@db.example/log?sslmode=require',
    };
    const { code, out } = await runIn('/nowhere', ['config', 'check'], { env });
    expect(code).toBe(0);
    expect(out).toContain('database: postgres://user:***@db.example/log?sslmode=require\n');
  });
});

describe('completion', () => {
  it.each(['bash', 'zsh', 'fish'])('is a script for %s', async (shell) => {
    const { code, out } = await commandLine('completion', shell);
    expect(code).toBe(0);
    for (const word of ['upload', 'rekor_server', 'log-index', 'artifact-hash']) expect(out).toContain(word);
  });

  it('offers in bash what fits', async () => {
    const { out } = await commandLine('completion', 'bash');
    const complete = (...words: string[]) => {
      const line = words.map((word) => `'${word}'`).join(' ');
      const script = `${out}\nCOMP_WORDS=(countersign ${line}); COMP_CWORD=${words.length}; _countersign; echo "\${COMPREPLY[@]}"`;
      const { stdout, stderr, status } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
      expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
      return stdout.trim();
    };
    expect(complete('up')).toBe('up upload');
    expect(complete('log')).toBe('loginfo logproof');
    expect(complete('verify', '--log')).toBe('--log-index');
    expect(complete('loginfo', '--format', '')).toBe('default json tle');
    expect(complete('config', '')).toBe('check --help');
  });
});

describe('the program before it is built', () => {
  it('says how to build it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-bin-'));
    try {
      mkdirSync(join(folder, 'apps/cli/bin'), { recursive: true });
      const program = join(folder, 'apps/cli/bin/countersign.mjs');
      cpSync(fileURLToPath(new URL('../bin/countersign.js', import.meta.url)), program);
      const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'version'], { encoding: 'utf8' });
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toContain('not built yet: run `npm run build`');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
