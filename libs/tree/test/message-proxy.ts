import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';

/** How a message fares: nothing of it arrives, or half of it, and then the connection is gone; it comes late; nobody answers. */
export type Fate = 'cut before' | 'cut inside' | 'late' | 'silence';

/** What fails. Messages of both sides count together, in the order in which they pass, from 1; 0 for none. */
export interface Fault {
  readonly at: number;
  readonly fate: Fate;
  /** Whether no connection is taken afterwards, until it is disarmed. */
  readonly forGood?: boolean;
}

const lateMs = 5;

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** Stands between clients and a PostgreSQL server on 127.0.0.1, and lets single messages of the protocol fail. */
export class MessageProxy {
  readonly #server: Server;
  readonly #to: number;
  readonly #pairs = new Set<Pair>();
  #fault: Fault | undefined;
  #count = 0;
  #fired = false;
  #refusing = false;
  #withheld: { readonly pair: Pair; readonly bytes: Buffer[] } | undefined;
  #withhold = false;

  private constructor(server: Server, to: number) {
    this.#server = server;
    this.#to = to;
    server.on('connection', (client) => this.#accept(client));
  }

  /** Begins to listen for a server's port. */
  static async start(to: number): Promise<MessageProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new MessageProxy(server, to);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on messages count, and one of them fails. */
  arm(fault: Fault = { at: 0, fate: 'late' }): void {
    this.#fault = fault;
    this.#count = 0;
    this.#fired = false;
  }

  /** All is well again. Says how many messages there were, and whether the fault came. */
  disarm(): { readonly messages: number; readonly fired: boolean } {
    this.#fault = undefined;
    this.#refusing = false;
    return { messages: this.#count, fired: this.#fired };
  }

  /** Keeps all that a client sends from now on; the connection with the server stays when the client is cut off. */
  withhold(): void {
    this.#withhold = true;
  }

  /** Cuts the client off whose message is withheld. Resolves when there is one. */
  async cutWithheld(): Promise<void> {
    while (this.#withheld === undefined) await after(1);
    this.#withhold = false;
    this.#withheld.pair.client.destroy();
  }

  /** Gives the server what was withheld, and resolves when it has dealt with it. */
  async deliver(): Promise<void> {
    const { pair, bytes } = this.#withheld ?? {};
    this.#withheld = undefined;
    if (pair === undefined || bytes === undefined) throw new Error('nothing is withheld');
    pair.server.end(Buffer.concat(bytes));
    if (!pair.server.closed) await once(pair.server, 'close');
  }

  /** Cuts all connections. */
  cutAll(): void {
    for (const pair of this.#pairs) this.#cut(pair);
  }

  async close(): Promise<void> {
    this.cutAll();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    if (this.#refusing) {
      client.destroy();
      return;
    }
    const pair = { client, server: connect(this.#to, '127.0.0.1') };
    this.#pairs.add(pair);
    let silent = false;
    const pass = async (message: Buffer, to: Socket): Promise<void> => {
      if (silent) return;
      if (to === pair.server && this.#keep(pair, message)) return;
      const fate = this.#fateOf();
      if (fate === 'late') await after(lateMs);
      if (fate === 'silence') silent = true;
      else if (fate === 'cut before' || fate === 'cut inside') {
        if (fate === 'cut inside')
          await new Promise((done) => to.write(message.subarray(0, message.length >> 1), done));
        this.#cut(pair);
      } else to.write(message);
    };
    forward(pair.client, new Messages(true), (message) => pass(message, pair.server));
    forward(pair.server, new Messages(false), (message) => pass(message, pair.client));
    for (const [one, other] of [
      [pair.client, pair.server],
      [pair.server, pair.client],
    ] as const) {
      // Each message goes at once, as it came.
      one.setNoDelay();
      one.on('error', () => undefined);
      one.on('close', () => {
        if (this.#withheld?.pair === pair && one === client) return;
        other.destroy();
        this.#pairs.delete(pair);
      });
    }
  }

  #keep(pair: Pair, message: Buffer): boolean {
    if (this.#withhold) this.#withheld ??= { pair, bytes: [] };
    if (this.#withheld?.pair !== pair) return false;
    this.#withheld.bytes.push(message);
    return true;
  }

  #fateOf(): Fate | undefined {
    if (this.#fault === undefined) return undefined;
    this.#count += 1;
    if (this.#count !== this.#fault.at) return undefined;
    this.#fired = true;
    this.#refusing = this.#fault.forGood ?? false;
    return this.#fault.fate;
  }

  #cut({ client, server }: Pair): void {
    client.destroy();
    server.destroy();
    if (this.#refusing) for (const pair of this.#pairs) for (const side of [pair.client, pair.server]) side.destroy();
  }
}

/** Takes what a socket gives apart, one message after the other. */
function forward(from: Socket, messages: Messages, pass: (message: Buffer) => Promise<void>): void {
  let last = Promise.resolve();
  from.on('data', (bytes: Buffer) => {
    for (const message of messages.add(bytes)) last = last.then(() => pass(message));
  });
}

/** Messages of PostgreSQL's protocol (version 3.0): a letter, which a client's first has not, and a length of 4 bytes. */
class Messages {
  #rest = Buffer.alloc(0);
  #bare: boolean;

  constructor(fromClient: boolean) {
    this.#bare = fromClient;
  }

  *add(bytes: Buffer): Generator<Buffer> {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    for (;;) {
      const head = this.#bare ? 0 : 1;
      if (this.#rest.length < head + 4) return;
      const length = head + this.#rest.readUInt32BE(head);
      if (this.#rest.length < length) return;
      this.#bare = false;
      yield this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
    }
  }
}
