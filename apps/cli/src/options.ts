import { type Command, Option } from 'commander';
import * as values from './option-values.ts';
import { kindsText } from './text/kinds-text.ts';

/** What every command that talks to a log takes; names and meanings are rekor-cli's. */
export interface LogOptions {
  readonly rekor_server: string;
  readonly rekor_server_public_key?: string;
  readonly format: 'default' | 'json' | 'tle';
  /** Milliseconds. */
  readonly timeout: number;
  readonly retry: number;
  readonly store_tree_state: boolean;
  readonly caFile?: string;
}

/** What is uploaded, or looked for. */
export interface ArtifactOptions {
  readonly artifact?: string;
  readonly artifactHash?: string;
  readonly signature?: string;
  readonly publicKey?: readonly string[];
  readonly pkiFormat: string;
  readonly type: string;
  readonly entry?: string;
  readonly aad?: string;
  readonly pluginFolder?: readonly string[];
}

/** How an entry is uploaded. */
export interface UploadOptions extends ArtifactOptions {
  readonly dryRun?: true;
  readonly tokenFile?: string;
}

/** How an entry is named. */
export interface EntryOptions {
  readonly uuid?: string;
  readonly logIndex?: number;
}

/** Which consistency proof is asked for. */
export interface ProofOptions {
  readonly firstSize: number;
  readonly lastSize?: number;
  readonly treeId?: string;
}

/** What `search` looks for. */
export interface SearchOptions {
  readonly artifact?: string;
  /** `algorithm:hex`. */
  readonly sha?: string;
  readonly publicKey?: readonly string[];
  readonly pkiFormat: string;
  readonly email?: string;
  readonly subject?: string;
  readonly operator?: 'and' | 'or';
  readonly key?: readonly string[];
  readonly prefix?: readonly string[];
  readonly limit?: number;
  readonly before?: number;
  readonly pluginFolder?: readonly string[];
}

const logHeading = 'Log options:';

/** The options of {@link LogOptions}, fresh ones on each call. */
export function logOptions(): readonly Option[] {
  return [
    new Option('--rekor-server, --rekor_server <url>', "the log's address")
      .argParser(values.address)
      .default('http://127.0.0.1:3000'),
    new Option(
      '--rekor-server-public-key, --rekor_server_public_key <PEM or path>',
      'trust this key of the log, not the one it serves',
    ),
    new Option('--format <format>', 'output format').choices(['default', 'json', 'tle']).default('default'),
    new Option('--timeout <duration>', 'time for one request with its retries; 0 for no limit')
      .argParser(values.duration)
      .default(30_000, '30s'),
    new Option('--retry <count>', 'times a failed request is sent again').argParser(values.count).default(3),
    new Option('--store-tree-state, --store_tree_state [bool]', 'remember what the log showed in ~/.rekor/state.json')
      .argParser(values.flag)
      .default(true),
    new Option('--ca-file <path>', 'PEM file of further certificate authorities to trust for https'),
    new Option('--config <path>', 'configuration file (default: ~/.rekor.yaml)'),
  ].map((option) => option.helpGroup(logHeading));
}

/** Adds the options of {@link ArtifactOptions}. */
export function addArtifactOptions(command: Command): Command {
  return command
    .addHelpText('after', kindsText)
    .option('--artifact <path or URL>', 'the artifact; - for standard input')
    .addOption(
      new Option(
        '--artifact-hash <digest>',
        'its SHA-256, SHA-384 or SHA-512 in hex, in place of the artifact',
      ).argParser(values.digest),
    )
    .option('--signature <path or URL>', 'the detached signature')
    .addOption(
      new Option('--public-key <path or URL>', 'the key or certificate; may be repeated').argParser(values.several),
    )
    .option('--pki-format <format>', 'format of signature and key', 'x509')
    .addOption(
      new Option('--type <kind[:version]>', 'the kind of entry').argParser(values.kind).default('hashedrekord'),
    )
    .option('--entry <path or URL>', 'a whole proposed entry, in place of the options above')
    .addOption(new Option('--aad <base64>', 'additional authenticated data').argParser(values.base64))
    .addOption(
      new Option('--plugin-folder <path>', 'a folder of further plugins; may be repeated').argParser(values.several),
    );
}

/** Adds the options of {@link UploadOptions}. */
export function addUploadOptions(command: Command): Command {
  return addArtifactOptions(command)
    .option('--dry-run', 'show the entry and its UUID, and send nothing')
    .option('--token-file <path>', 'a file with the bearer token that says who uploads');
}

/** Adds the options of {@link SearchOptions}. */
export function addSearchOptions(command: Command): Command {
  return command
    .addHelpText('after', kindsText)
    .option('--artifact <path or URL>', 'entries about this artifact; - for standard input')
    .addOption(
      new Option('--sha <digest>', 'the same, by its SHA-1, SHA-256 or SHA-512').argParser(
        values.once(values.searchDigest),
      ),
    )
    .addOption(
      new Option('--public-key <path or URL>', 'entries signed with this key or certificate').argParser(values.several),
    )
    .option('--pki-format <format>', 'format of the key', 'x509')
    .addOption(
      new Option('--email <address>', "an e-mail address that the signer's key names").argParser(
        values.once(values.email),
      ),
    )
    .addOption(
      new Option('--subject <name>', "another name that the signer's certificate has: a URI, a host").argParser(
        values.once(values.searchText),
      ),
    )
    .addOption(new Option('--operator <operator>', 'entries of any, or of all of these').choices(['or', 'and']))
    .addOption(
      new Option('--key <key>', 'a whole index key, such as sha256:…; may be repeated').argParser(values.searchTexts),
    )
    .addOption(
      new Option('--prefix <text>', 'what an index key begins with; may be repeated').argParser(values.searchTexts),
    )
    .addOption(new Option('--limit <count>', 'entries shown at once; 100 unless given').argParser(values.pageSize))
    .addOption(new Option('--before <index>', 'only entries below this log index').argParser(values.count))
    .addOption(
      new Option('--plugin-folder <path>', 'a folder of further plugins; may be repeated').argParser(values.several),
    );
}

/** Adds the options of {@link EntryOptions}. */
export function addEntryOptions(command: Command): Command {
  return command
    .addOption(new Option('--uuid <uuid>', 'UUID or entry id').argParser(values.entryId))
    .addOption(new Option('--log-index <index>', 'index in the log').argParser(values.count));
}

/** Adds the options of {@link ProofOptions}. */
export function addProofOptions(command: Command): Command {
  return command
    .addOption(new Option('--first-size <size>', 'the smaller size').argParser(values.size).default(1))
    .addOption(new Option('--last-size <size>', 'the larger size').argParser(values.size))
    .addOption(new Option('--tree-id <id>', 'the tree (default: the active one)').argParser(values.treeId));
}
