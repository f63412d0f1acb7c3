import type { IndexState } from '@countersign/log';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { UploadGate } from '../gate/upload-gate.ts';
import type { ScrubState } from '../operations/scrub.ts';
import type { Publishers } from '../publishers.ts';
import type { DenialCount } from './denials.ts';
import { addPublishMetrics } from './publish-metrics.ts';

/** The methods that get a label of their own; any other a client makes up is `other`. */
const methods = new Set(['GET', 'HEAD', 'OPTIONS', 'POST']);

/** Seconds; from a cached read to an upload that waits. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

/**
 * The node's metrics, in Prometheus' text format. Labels take values from fixed sets only, so that no client can
 * grow them: a route's pattern and not its path, a known method or `other`, a status class and not a status.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Histogram<'method' | 'route' | 'status'>;

  /**
   * @param logSize the number of entries now
   * @param readOnly whether uploads are refused
   * @param search how far the search index is
   * @param scrub what reading the log again has come to
   * @param denials what the admission policies denied
   * @param limited how many uploads were refused for a rate
   * @param publishers what publishes the log; without any there are no metrics of it
   * @param role whether this node sequences, and for how many milliseconds it has not seen all of the log
   */
  constructor(
    logSize: () => number,
    readOnly: boolean,
    search: () => IndexState,
    scrub: () => ScrubState,
    denials: () => readonly DenialCount[],
    limited: () => UploadGate['refused'],
    publishers: Publishers,
    role: () => { readonly leads: boolean; readonly lagMs: number },
  ) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#requests = new Histogram({
      name: 'countersign_http_request_seconds',
      help: 'Time from the arrival of a request to the end of its answer, by route pattern',
      labelNames: ['method', 'route', 'status'],
      buckets,
      registers,
    });
    new Gauge({
      name: 'countersign_log_entries',
      help: 'Entries in the active shard',
      registers,
      collect() {
        this.set(logSize());
      },
    });
    new Gauge({
      name: 'countersign_read_only',
      help: '1 when the node takes no uploads',
      registers,
    }).set(readOnly ? 1 : 0);
    const gauge = (name: string, help: string, value: (state: IndexState) => number) =>
      new Gauge({
        name: `countersign_search_${name}`,
        help,
        registers,
        collect() {
          this.set(value(search()));
        },
      });
    gauge('indexed_entries', 'Entries that are stored in the search index', ({ indexed }) => indexed);
    gauge('behind_entries', 'Entries that searches cannot find yet', ({ covered, total }) => total - covered);
    gauge('failures', 'Failures of the search index since the start', ({ failures }) => failures);
    new Gauge({
      name: 'countersign_sequencer',
      help: 'Whether this node sequences: 1, or 0 where another node of the same log does',
      registers,
      collect() {
        this.set(Number(role().leads));
      },
    });
    new Gauge({
      name: 'countersign_follower_lag_seconds',
      help: 'Seconds since this node last had all that its log had; 0 on the node that sequences',
      registers,
      collect() {
        this.set(role().lagMs / 1000);
      },
    });
    new Counter({
      name: 'countersign_admission_denials_total',
      help: 'Uploads that an admission policy denied, by its id; under warn they were taken all the same',
      labelNames: ['policy', 'mode'],
      registers,
      collect() {
        this.reset();
        for (const { count, ...labels } of denials()) this.inc(labels, count);
      },
    });
    new Counter({
      name: 'countersign_rate_limited_total',
      help: 'Uploads that were refused with 429 as an address, a requester or a key uploads too often',
      labelNames: ['by'],
      registers,
      collect() {
        this.reset();
        for (const [by, count] of Object.entries(limited())) this.inc({ by }, count);
      },
    });
    new Counter({
      name: 'countersign_scrub_leaves_total',
      help: 'Entries that were read again in the background',
      registers,
      collect() {
        this.reset();
        this.inc(scrub().leaves);
      },
    });
    new Gauge({
      name: 'countersign_scrub_faults',
      help: 'Faults found by the last complete pass over the log, or by the one under way if that has more',
      registers,
      collect() {
        this.set(scrub().faults);
      },
    });
    new Gauge({
      name: 'countersign_scrub_last_pass_timestamp_seconds',
      help: 'When the last complete pass over the log ended, in seconds since 1970; 0 when there was none',
      registers,
      collect() {
        this.set(scrub().lastPass);
      },
    });
    addPublishMetrics(this.#registry, publishers);
  }

  /** @param route the pattern of the route that answered; `undefined` when none did */
  observe(method: string, route: string | undefined, status: number, seconds: number): void {
    this.#requests.observe(
      {
        method: methods.has(method) ? method : 'other',
        route: route ?? 'none',
        status: `${Math.floor(status / 100)}xx`,
      },
      seconds,
    );
  }

  /** All metrics, as text. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** The media type of {@link text}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Stops collecting. */
  close(): void {
    this.#registry.clear();
  }
}
