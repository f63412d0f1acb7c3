/** Where a node is between its start and its end. */
export class NodeState {
  phase: 'starting' | 'ready' | 'draining' = 'starting';
  /** Whether it sequences, where several nodes share a log; undefined where it is the only one. */
  readonly leads: () => boolean | undefined;

  constructor(leads: () => boolean | undefined) {
    this.leads = leads;
  }
}
