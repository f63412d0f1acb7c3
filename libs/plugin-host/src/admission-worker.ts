import { move, transferableSymbol, valueSymbol, workerData } from 'piscina';
import type { Batch, BatchResult, Outcome, Task, WorkerSettings } from './admission-protocol.ts';
import { pack, unpack } from './packed.ts';
import { PluginHost } from './plugin-host.ts';
import type { PreparedRule } from './ruling.ts';
import { toWire } from './wire-error.ts';

// Runs in a worker thread, started by AdmissionPool.

/** What this thread works with. */
interface Ready {
  readonly host: PluginHost;
  readonly rules: readonly PreparedRule[];
  readonly attestations: boolean;
}

async function start({ admission, attestations, ...settings }: WorkerSettings): Promise<Ready> {
  // Again, for this thread: exactly what the main thread has, or nothing.
  const host = await PluginHost.load({ ...settings, onlyPinned: true });
  return { host, rules: await host.preparePolicies(admission?.policies ?? []), attestations };
}

async function work(ready: Promise<Ready>, input: Uint8Array, task: Task): Promise<[Outcome, Uint8Array]> {
  try {
    const { host, rules, attestations } = await ready;
    if (task.is === 'key') return [{ keyed: true }, await host.canonicalKey(task.format, input)];
    if (task.is === 'body') return [{ shown: await host.display(input) }, new Uint8Array()];
    const { request } = task;
    const verified = await host.admit(input);
    const isOpen = request === undefined || rules.length === 0;
    const ruling = isOpen ? undefined : await host.judge(rules, verified, input.length, request);
    const { body, spec: _, verifiers: __, attestation, ...rest } = verified;
    // A copy: with a view all the memory behind it would travel.
    const kept = attestations && attestation && { attestation: new Uint8Array(attestation) };
    return [{ entry: { ...rest, ...kept }, ...(ruling && { ruling }) }, body];
  } catch (error) {
    return [{ error: toWire(error) }, new Uint8Array()];
  }
}

/** Answers one message. A failed load is an answer, too: a worker that throws at its start is started again and again. */
async function answer(ready: Promise<Ready>, batch: Batch): Promise<unknown> {
  const outcomes: Outcome[] = [];
  const bodies: Uint8Array[] = [];
  for (const [at, input] of unpack(batch).entries()) {
    const [outcome, body] = await work(ready, input, batch.tasks[at] as Task);
    outcomes.push(outcome);
    bodies.push(body);
  }
  const result: BatchResult = { outcomes, bodies: pack(bodies) };
  return move({ [transferableSymbol]: result.bodies.bytes.buffer, [valueSymbol]: result } as Parameters<
    typeof move
  >[0]);
}

const ready = start(workerData as WorkerSettings);
// Each proposal reports the failure; unhandled, it would end the worker.
ready.catch(() => undefined);

/** What Piscina calls with each message. */
export default (batch: Batch): Promise<unknown> => answer(ready, batch);
