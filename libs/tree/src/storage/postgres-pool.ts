import pg from 'pg';
import { connectionOptions, isLost, postgresLimits, storageFailure } from './postgres-connection.ts';

/** The connections that read, and that submissions take: what many do at once. */
export class PostgresPool {
  readonly #pool: pg.Pool;
  /** Names by statement: each connection parses and plans a statement once. */
  readonly #names = new Map<string, string>();

  constructor(url: string) {
    this.#pool = new pg.Pool({
      ...connectionOptions(url),
      max: postgresLimits.readConnections,
      // All that they commit is submissions, which need not be durable.
      onConnect: async (client) => void (await client.query('SET synchronous_commit = off')),
    });
    // A connection that is lost while nobody uses it is taken out by the pool itself.
    this.#pool.on('error', () => undefined);
  }

  /** The rows of a statement that changes nothing; tried a second time when the connection was lost. */
  async read<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    try {
      return await this.#query<Row>(text, values);
    } catch (error) {
      if (!isLost(error)) throw storageFailure(error);
    }
    return this.change<Row>(text, values);
  }

  /** The rows of a statement that is not to be done twice. Rejects with `ERR_STORAGE`, as all do. */
  async change<Row extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<Row[]> {
    try {
      return await this.#query<Row>(text, values);
    } catch (error) {
      throw storageFailure(error);
    }
  }

  /** Runs `work` on one of the connections. */
  async use(work: (client: pg.ClientBase) => Promise<void>): Promise<void> {
    const client = await this.#pool.connect();
    try {
      await work(client);
    } finally {
      client.release();
    }
  }

  close(): Promise<void> {
    return this.#pool.end();
  }

  async #query<Row extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<Row[]> {
    let name = this.#names.get(text);
    if (name === undefined) {
      name = `countersign ${this.#names.size}`;
      this.#names.set(text, name);
    }
    return (await this.#pool.query<Row>({ name, text, values })).rows;
  }
}
