import { move, transferableSymbol, valueSymbol, workerData } from 'piscina';
import type { Batch, BatchResult, Outcome, WorkerSettings } from './admission-protocol.ts';
import { pack, unpack } from './packed.ts';
import { PluginHost } from './plugin-host.ts';
import { toWire } from './wire-error.ts';

// Runs in a worker thread, started by AdmissionPool.

async function work(
  host: Promise<PluginHost>,
  input: Uint8Array,
  format: string | undefined,
): Promise<[Outcome, Uint8Array]> {
  try {
    if (format !== undefined) return [{ entry: undefined }, await (await host).canonicalKey(format, input)];
    const { body, ...entry } = await (await host).admit(input);
    return [{ entry }, body];
  } catch (error) {
    return [{ error: toWire(error) }, new Uint8Array()];
  }
}

/** Answers one message. A failed load is an answer, too: a worker that throws at its start is started again and again. */
async function answer(host: Promise<PluginHost>, batch: Batch): Promise<unknown> {
  const outcomes: Outcome[] = [];
  const bodies: Uint8Array[] = [];
  for (const [at, input] of unpack(batch).entries()) {
    const [outcome, body] = await work(host, input, batch.formats[at]);
    outcomes.push(outcome);
    bodies.push(body);
  }
  const result: BatchResult = { outcomes, bodies: pack(bodies) };
  return move({ [transferableSymbol]: result.bodies.bytes.buffer, [valueSymbol]: result } as Parameters<
    typeof move
  >[0]);
}

// Again, for this thread: exactly what the main thread has, or nothing.
const host = PluginHost.load({ ...(workerData as WorkerSettings), onlyPinned: true });
// Each proposal reports the failure; unhandled, it would end the worker.
host.catch(() => undefined);

/** What Piscina calls with each message. */
export default (batch: Batch): Promise<unknown> => answer(host, batch);
