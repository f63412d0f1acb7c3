import { move, transferableSymbol, valueSymbol, workerData } from 'piscina';
import type { BatchResult, Outcome, WorkerSettings } from './admission-protocol.ts';
import { type Packed, pack, unpack } from './packed.ts';
import { PluginHost } from './plugin-host.ts';
import { pluginInvalid } from './refusal.ts';
import { toWire } from './wire-error.ts';

// Runs in a worker thread, started by AdmissionPool.

/** Loads the plugins again, for this thread, and makes sure that they are the ones the main thread has. */
async function load({ folders, digests }: WorkerSettings): Promise<PluginHost> {
  const host = await PluginHost.load({ folders, digests, onlyPinned: true });
  const gone = Object.keys(digests).find((name) => !(name in host.digests()));
  if (gone !== undefined) throw pluginInvalid(gone, 'gone since the start');
  return host;
}

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

const host = load(workerData as WorkerSettings);
// Each proposal reports the failure; unhandled, it would end the worker.
host.catch(() => undefined);

/** What Piscina calls with each message. */
export default (batch: Packed): Promise<unknown> => answer(host, batch);
