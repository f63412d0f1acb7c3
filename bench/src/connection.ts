import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** An answer: its status and its body as it came over the wire (chunk sizes included, if it was chunked). */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

const HEAD_END = '\r\n\r\n';
const LAST_CHUNK = '\r\n0\r\n\r\n';

/** Serialises a request once, so that sending it costs nothing but the write. */
export function requestBytes(method: 'GET' | 'POST', url: URL, body?: string): Buffer {
  const content =
    body === undefined ? '' : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
  const target = `${url.pathname}${url.search}`;
  return Buffer.from(`${method} ${target} HTTP/1.1\r\nHost: ${url.host}\r\n${content}\r\n${body ?? ''}`);
}

/** The whole answer at the start of `text`, or undefined while some of it is still to come. */
function parseAnswer(text: string): Answer | undefined {
  const headEnd = text.indexOf(HEAD_END);
  if (headEnd < 0) return undefined;
  const head = text.slice(0, headEnd);
  const body = text.slice(headEnd + HEAD_END.length);
  const status = Number(head.slice(9, 12));
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) return body.endsWith(LAST_CHUNK) ? { status, body } : undefined;
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  return body.length >= length ? { status, body } : undefined;
}

/**
 * One keep-alive HTTP/1.1 connection with one request at a time, far lighter than a general client, so that the load
 * takes little from the server it shares the machine with. It understands what a log answers: a body with a length, or
 * chunks of JSON, which cannot hold the mark of the last chunk.
 */
export class Connection {
  private received = '';
  private waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined;

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true).setEncoding('latin1');
    socket.on('data', (chunk: string) => this.read(chunk));
    socket.on('error', (error) => this.waiting?.reject(error));
    socket.on('close', () => this.waiting?.reject(new Error('the server closed the connection')));
  }

  /** Connects to the host and port of `url`. */
  static async open(url: URL): Promise<Connection> {
    const socket = connect(Number(url.port), url.hostname);
    await once(socket, 'connect');
    return new Connection(socket);
  }

  /** Sends one request and waits for its answer. Rejects when the connection breaks. */
  send(request: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket.write(request);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private read(chunk: string): void {
    this.received += chunk;
    const answer = parseAnswer(this.received);
    if (answer === undefined) return;
    const { waiting } = this;
    this.received = '';
    this.waiting = undefined;
    waiting?.resolve(answer);
  }
}
