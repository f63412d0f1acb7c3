/** Where a node is between its start and its end. */
export class NodeState {
  phase: 'starting' | 'ready' | 'draining' = 'starting';
}
