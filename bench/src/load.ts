// Puts a bounded load on a log and prints one line of JSON. Runs by itself too:
//   node bench/dist/load.js --mode append|get --url http://127.0.0.1:3000 [--clients 16] [--requests 20000] [--seconds 8] [--keys 1000]
import { parseArgs } from 'node:util';
import { Connection, requestBytes } from './connection.ts';
import { makeProposals } from './proposals.ts';
import { summarize } from './summary.ts';

const { values } = parseArgs({
  options: {
    mode: { type: 'string', default: 'append' },
    url: { type: 'string', default: 'http://127.0.0.1:3000' },
    clients: { type: 'string', default: '16' },
    requests: { type: 'string', default: '20000' },
    seconds: { type: 'string', default: '8' },
    keys: { type: 'string', default: '1000' },
  },
});
const [clients, requests, seconds, keys] = [values.clients, values.requests, values.seconds, values.keys].map(
  Number,
) as [number, number, number, number];

/** Reads spread over the whole log by a stride that is prime to any likely size. */
const STRIDE = 7919;

async function makeRequests(): Promise<Buffer[]> {
  const entries = new URL('/api/v1/log/entries', values.url);
  if (values.mode === 'append') return makeProposals(requests, keys).map((body) => requestBytes('POST', entries, body));
  const info = (await (await fetch(new URL('/api/v1/log', values.url))).json()) as { treeSize: number };
  return Array.from({ length: requests }, (_, index) =>
    requestBytes('GET', new URL(`?logIndex=${(index * STRIDE) % info.treeSize}`, entries)),
  );
}

/** Every client takes the next request as soon as it has its answer, until the requests or the seconds are used up. */
async function drive(all: readonly Buffer[]): Promise<Record<string, unknown>> {
  const connections = await Promise.all(Array.from({ length: clients }, () => Connection.open(new URL(values.url))));
  const latencies: number[] = [];
  const failures: string[] = [];
  const started = performance.now();
  const deadline = started + seconds * 1000;
  let next = 0;
  const client = async (connection: Connection) => {
    for (let request = all[next++]; request !== undefined; request = all[next++]) {
      const sent = performance.now();
      if (sent >= deadline) return;
      const { status, body } = await connection.send(request);
      latencies.push(performance.now() - sent);
      if (status !== 200 && status !== 201) failures.push(`${status} ${body.slice(0, 200)}`);
    }
  };
  await Promise.all(connections.map(client));
  const elapsed = (performance.now() - started) / 1000;
  for (const connection of connections) connection.close();
  return { ...summarize(latencies, elapsed), failed: failures.length, firstFailure: failures[0] };
}

const result = await drive(await makeRequests());
process.stdout.write(`${JSON.stringify({ mode: values.mode, clients, ...result })}\n`);
