import { readFile } from 'node:fs/promises';
import {
  type AddedEntry,
  checkContinuity,
  createDispatcher,
  isAddress,
  loadInput,
  loadTreeStates,
  type OnProgress,
  RekorClient,
  storeTreeState,
} from '@countersign/client';
import { type PublicKey, parsePublicKey } from '@countersign/crypto';
import type { JsonObject } from '@countersign/encoding';
import { malformed } from '@countersign/errors';
import { type LogEntryV1, parseEntryId, verifyLogEntry } from '@countersign/verify';
import type { Io } from './io.ts';
import type { LogOptions } from './options.ts';
import { withProgress } from './progress.ts';
import { stateFile } from './state-file.ts';
import { printable } from './text/printable.ts';
import { usage } from './usage.ts';
import { userAgent } from './version.ts';

/** What a command does with one log: the client, the keys, and the memory of what the log showed before. */
export class LogSession {
  readonly client: RekorClient;
  readonly #options: LogOptions;
  readonly #io: Io;
  readonly #dispatcher: ReturnType<typeof createDispatcher>;
  readonly #states: ReadonlyMap<string, string>;
  readonly #keys = new Map<string, Promise<PublicKey>>();

  private constructor(
    options: LogOptions,
    io: Io,
    dispatcher: ReturnType<typeof createDispatcher>,
    states: ReadonlyMap<string, string>,
  ) {
    this.#options = options;
    this.#io = io;
    this.#dispatcher = dispatcher;
    this.#states = states;
    this.client = new RekorClient({
      baseUrl: options.rekor_server,
      dispatcher,
      userAgent: userAgent(),
      timeout: options.timeout,
      retries: options.retry,
    });
  }

  /** Runs `use` with a session and closes it afterwards. */
  static async with(options: LogOptions, io: Io, use: (log: LogSession) => Promise<void>): Promise<void> {
    // Before the first request: see loadTreeStates.
    const states = await loadTreeStates(stateFile(io.home));
    const ca = options.caFile === undefined ? undefined : await readText(options.caFile, '--ca-file');
    const dispatcher = createDispatcher({ ...(ca === undefined ? {} : { ca }), env: io.env });
    try {
      await use(new LogSession(options, io, dispatcher, states));
    } finally {
      await dispatcher.destroy();
    }
  }

  /** Loads what the user named by path, `-` or address. */
  load(source: string, what: string, maxBytes: number): Promise<Uint8Array> {
    const { stdin } = this.#io;
    const options = { what, maxBytes, stdin, dispatcher: this.#dispatcher, userAgent: userAgent() };
    const label = `${isAddress(source) ? 'downloading' : 'reading'} the ${what}`;
    return this.#show(label, (onProgress) => loadInput(source, { ...options, onProgress }));
  }

  /**
   * Uploads a proposed entry.
   *
   * @param tokenFile a file with the token that says who uploads
   */
  async upload(proposal: JsonObject, tokenFile?: string): Promise<AddedEntry> {
    const token = tokenFile === undefined ? undefined : await readToken(tokenFile);
    return this.#show('uploading', (onSent) => this.client.addEntry(proposal, onSent, token));
  }

  /** The key that signs for a tree: the one given by the user, else the one the log serves. */
  keyOf(treeId: string): Promise<PublicKey> {
    const known = this.#keys.get(treeId) ?? this.#loadKey(treeId);
    this.#keys.set(treeId, known);
    return known;
  }

  /**
   * Verifies an entry in full, and that the log it came with extends the log as it was at the
   * last contact; remembers the new state.
   *
   * @param expectedBody the canonical entry, when this side knows what it must be
   */
  async verify(entry: LogEntryV1, expectedBody?: Uint8Array): Promise<void> {
    const { treeId } = parseEntryId(entry.id);
    if (treeId === undefined) throw malformed('entry id', 'the log did not say which tree the entry is in');
    const publicKey = await this.keyOf(treeId);
    verifyLogEntry({ entry, publicKey, ...(expectedBody === undefined ? {} : { expectedBody }) });
    await this.checkContinuity(treeId, entry.inclusionProof.checkpoint, [treeId]);
  }

  /**
   * Verifies a checkpoint and that it extends the one stored for its tree, then stores it under
   * `keys`. What contradicts the stored one is an error, and the stored one stays.
   */
  async checkContinuity(treeId: string, shown: string, keys: readonly string[]): Promise<void> {
    const continuity = await checkContinuity({
      treeId,
      stored: this.#states.get(treeId),
      shown,
      publicKey: await this.keyOf(treeId),
      proof: (first, last) => this.client.proof(first, last, treeId),
    });
    if (!this.#options.store_tree_state || continuity === 'equal') return;
    try {
      await storeTreeState(stateFile(this.#io.home), keys, shown);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.note(`Unable to store previous state: ${why}`);
    }
  }

  /** The checkpoint stored under a tree id or server address before this command ran. */
  stored(key: string): string | undefined {
    return this.#states.get(key);
  }

  /** Says something that is no result. */
  note(text: string): void {
    this.#io.err(printable(`${text}\n`));
  }

  /** Shows the progress of a transfer to a person; nobody reads along where JSON is asked for. */
  #show<T>(label: string, work: (report: OnProgress) => Promise<T>): Promise<T> {
    return this.#options.format === 'default' ? withProgress(this.#io, label, 'bytes', work) : work(() => {});
  }

  async #loadKey(treeId: string): Promise<PublicKey> {
    const given = this.#options.rekor_server_public_key;
    let pem: string;
    if (given === undefined) pem = await this.client.publicKey(treeId);
    else pem = given.includes('-----BEGIN') ? given : await readText(given, '--rekor_server_public_key');
    return parsePublicKey(pem);
  }
}

/** What a header can hold (RFC 6750 §2.1), and no more: the message must not show a secret. */
async function readToken(path: string): Promise<string> {
  const token = (await readText(path, '--token-file')).trim();
  if (!/^[A-Za-z0-9._~+/-]+=*$/.test(token)) throw usage(`--token-file: ${path} holds no bearer token`);
  return token;
}

async function readText(path: string, flag: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    throw usage(`${flag}: cannot read ${path}`);
  }
}
