import { Socket } from 'node:net';
import { CountersignError, hasCode } from '@countersign/errors';
import pg from 'pg';
import { errno } from '../errno.ts';

/** Settings of the connections to PostgreSQL, each with its reason. */
export const postgresLimits = {
  /** Connections that read. One more writes, one renews the lease, and one listens. */
  readConnections: 8,
  /** Look-ups by identity in one statement: as many as a commit may have. */
  findBatch: 256,
  /** Milliseconds to wait for a connection, a free one of those that read included. */
  connectMs: 3000,
  /** Milliseconds the server works on one statement. A node that is cut off waits for its commit before it follows. */
  statementMs: 5000,
  /** Milliseconds to wait for an answer, which is longer: the server's own refusal says more. */
  answerMs: 6000,
  /** The same while another process makes or updates the tables. */
  migrationMs: 60_000,
  /** The same for the lease, which is lost meanwhile. */
  leaseAnswerMs: 2000,
  /** Milliseconds to wait for a lock. Only the lease's row is ever waited for. */
  lockMs: 1000,
  /** Milliseconds of silence after which the system asks whether the other side is there. */
  keepAliveMs: 5000,
  /** Milliseconds after which whoever listens looks for itself. */
  pollMs: 1000,
} as const;

/** How every connection is made. Numbers of 64 bits come back as numbers: all of ours are exact ones. */
export function connectionOptions(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: 'countersign',
    connectionTimeoutMillis: postgresLimits.connectMs,
    query_timeout: postgresLimits.answerMs,
    statement_timeout: postgresLimits.statementMs,
    lock_timeout: postgresLimits.lockMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: postgresLimits.keepAliveMs,
    types: {
      getTypeParser: ((id: number, format?: 'text' | 'binary') =>
        id === pg.types.builtins.INT8 ? exact : pg.types.getTypeParser(id, format)) as typeof pg.types.getTypeParser,
    },
  };
}

function exact(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  throw new CountersignError('ERR_STORAGE', `the database has the number ${text}, which is none of ours`);
}

/** What may pass without anybody changing the data: no room, no connection free, a lock or a statement that took too long. */
const passing = /^(53|55P03|57014)/;

/**
 * What a failure of the database is to our callers: `ERR_STORAGE_UNAVAILABLE` when it may pass, as a lost connection does
 * with the next call, otherwise `ERR_STORAGE`; unless it has a code of ours already.
 */
export function storageFailure(cause: unknown): CountersignError {
  if (cause instanceof CountersignError || hasCode(cause)) return cause as CountersignError;
  const why = `${errno(cause) ?? 'no code'}: ${cause instanceof Error ? cause.message : cause}`;
  const mayPass = isLost(cause) || passing.test(errno(cause) ?? '');
  const code = mayPass ? 'ERR_STORAGE_UNAVAILABLE' : 'ERR_STORAGE';
  return new CountersignError(code, `the database failed (${why})`, { cause });
}

/** Tells whether a failure is one of the connection: it cannot be used again, and whether the statement was done is open. */
export function isLost(error: unknown): boolean {
  if (hasCode(error)) return false;
  // A server that stops answers so (57P01 to 57P05), and then closes.
  return !(error instanceof pg.DatabaseError) || /^(57P|08)/.test(error.code ?? '');
}

interface OpenConnection {
  readonly client: pg.Client;
  /** Under TLS, too: what ends the connection when nobody answers. */
  readonly socket: Socket;
}

/**
 * One connection, used by one at a time, in order. When it is lost it is made again with the next use. Each new one is
 * prepared before anybody else uses it.
 */
export class PostgresConnection {
  readonly #options: pg.ClientConfig;
  readonly #prepare: (client: pg.Client) => Promise<void>;
  #open: OpenConnection | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: pg.ClientConfig, prepare: (client: pg.Client) => Promise<void> = async () => undefined) {
    this.#options = options;
    this.#prepare = prepare;
  }

  /** Whether the connection is there, as far as we know. */
  get connected(): boolean {
    return this.#open !== undefined;
  }

  /** Runs `work` after all that was asked for before. Rejects with `ERR_STORAGE`, or with the code `work` gives. */
  run<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const done = this.#last.then(() => this.#run(work));
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Ends the connection after all that was asked for. */
  async close(): Promise<void> {
    await this.#last;
    this.#closed = true;
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return;
    // Whoever is not there to say goodbye to is not waited for.
    const timer = setTimeout(() => open.socket.destroy(), postgresLimits.connectMs);
    await open.client.end().catch(() => undefined);
    clearTimeout(timer);
  }

  async #run<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    if (this.#closed) throw new CountersignError('ERR_STORAGE', 'the connection to the database is closed');
    try {
      this.#open ??= await this.#connect();
      return await work(this.#open.client);
    } catch (error) {
      if (isLost(error)) this.#drop(this.#open);
      throw storageFailure(error);
    }
  }

  async #connect(): Promise<OpenConnection> {
    const socket = new Socket();
    const client = new pg.Client({ ...this.#options, stream: () => socket });
    const open = { client, socket };
    // A connection is lost between two uses, too; without a listener that would end the process.
    client.on('error', () => this.#drop(open));
    client.on('end', () => this.#drop(open));
    try {
      await client.connect();
      await this.#prepare(client);
    } catch (error) {
      socket.destroy();
      throw error;
    }
    return open;
  }

  #drop(open: OpenConnection | undefined): void {
    open?.socket.destroy();
    if (this.#open === open) this.#open = undefined;
  }
}
