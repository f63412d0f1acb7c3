import { Connection, requestBytes } from './connection.ts';
import { type Summary, summarize } from './summary.ts';
import type { Target } from './target.ts';

/** A GET request, and what of its answer is to be looked at. */
export interface Question {
  readonly path: string;
  /** Told of the answer's body, outside of its time. */
  readonly onBody: (body: string) => void;
}

/**
 * Sends requests one after the other over one connection, until they or the seconds are used up. Rejects when an answer
 * is no success.
 */
export async function ask(target: Target, questions: readonly Question[], seconds: number): Promise<Summary> {
  const connection = await Connection.open(new URL(target.url));
  const latencies: number[] = [];
  const started = performance.now();
  for (const { path, onBody } of questions) {
    const request = requestBytes('GET', new URL(path, target.url));
    const sent = performance.now();
    if (sent - started > seconds * 1000) break;
    const { status, body } = await connection.send(request);
    latencies.push(performance.now() - sent);
    if (status !== 200) throw new Error(`${path} answers ${status} ${body.slice(0, 200)}`);
    onBody(body);
  }
  connection.close();
  return summarize(latencies, (performance.now() - started) / 1000);
}
