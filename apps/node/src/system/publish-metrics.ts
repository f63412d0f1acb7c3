import type { PublisherState } from '@countersign/tree';
import { Gauge, type Registry } from 'prom-client';
import type { Publishers } from '../publishers.ts';

const gauges: readonly (readonly [name: string, help: string, value: (state: PublisherState) => number])[] = [
  ['published_size', 'Entries in the published trees, over all shards', ({ published }) => published],
  ['publish_behind_entries', 'Entries that are not published yet', ({ total, published }) => total - published],
  ['publish_failures', 'Failures to publish since the start', ({ failures }) => failures],
];

/** Adds what there is to know of the places where a log is published; nothing when there are none. */
export function addPublishMetrics(registry: Registry, publishers: Publishers): void {
  const places = Object.entries(publishers);
  if (places.length === 0) return;
  for (const [name, help, value] of gauges) {
    new Gauge({
      name: `countersign_${name}`,
      help,
      labelNames: ['to'],
      registers: [registry],
      collect() {
        for (const [to, { state }] of places) this.set({ to }, value(state));
      },
    });
  }
}
