import { move, transferableSymbol, valueSymbol, workerData } from 'piscina';
import type { BatchResult, Outcome, WorkerSettings } from './admission-protocol.ts';
import { type Packed, pack, unpack } from './packed.ts';
import { PluginHost } from './plugin-host.ts';
import { toWire } from './wire-error.ts';

// Runs in a worker thread, started by AdmissionPool.

async function admit(host: Promise<PluginHost>, proposal: Uint8Array): Promise<[Outcome, Uint8Array]> {
  try {
    const { body, ...entry } = await (await host).admit(proposal);
    return [{ entry }, body];
  } catch (error) {
    return [{ error: toWire(error) }, new Uint8Array()];
  }
}

/** Answers one message. A failed load is an answer, too: a worker that throws at its start is started again and again. */
async function answer(host: Promise<PluginHost>, batch: Packed): Promise<unknown> {
  const outcomes: Outcome[] = [];
  const bodies: Uint8Array[] = [];
  for (const proposal of unpack(batch)) {
    const [outcome, body] = await admit(host, proposal);
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
export default (batch: Packed): Promise<unknown> => answer(host, batch);
