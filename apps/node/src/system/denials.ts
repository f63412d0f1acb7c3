import type { PoolRuling } from '@countersign/plugin-host';
import type { Logger } from 'pino';

/** How often a policy has denied. */
export interface DenialCount {
  /** The policy's id; `(none)` for what no policy was about, which can be no id. */
  readonly policy: string;
  readonly mode: PoolRuling['mode'];
  readonly count: number;
}

/** Tells of what the admission policies deny, and counts it. */
export class Denials {
  readonly #logger: Pick<Logger, 'error' | 'info' | 'warn'>;
  readonly #counts = new Map<string, DenialCount>();

  constructor(logger: Pick<Logger, 'error' | 'info' | 'warn'>) {
    this.#logger = logger;
  }

  /** To be told of every ruling. */
  readonly note = ({ denial, failures, mode, kind, request: { requester } }: PoolRuling): void => {
    for (const { policy, error } of failures) this.#logger.error({ policy, error }, 'an admission policy failed');
    if (denial === undefined) return;
    const { policies, reason } = denial;
    const facts = { policies, reason, kind, ...(requester && { requester }) };
    if (mode === 'warn') this.#logger.warn(facts, 'an upload would be denied');
    else this.#logger.info(facts, 'an upload was denied');
    for (const policy of policies.length === 0 ? ['(none)'] : policies) this.#add(policy, mode);
  };

  /** Since the start. As many as policies that are loaded, at most, in each mode. */
  get counts(): readonly DenialCount[] {
    return [...this.#counts.values()];
  }

  #add(policy: string, mode: PoolRuling['mode']): void {
    const name = `${mode} ${policy}`;
    this.#counts.set(name, { policy, mode, count: (this.#counts.get(name)?.count ?? 0) + 1 });
  }
}
