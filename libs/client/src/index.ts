export type { OnProgress } from './body.ts';
export { type ContinuityCheck, checkContinuity } from './continuity.ts';
export { type ConnectionOptions, createDispatcher } from './dispatcher.ts';
export type { FoundDisplay, FoundEntry, FoundPage, IndexQuery, PageQuery, SearchOperator } from './index-search.ts';
export { clientLimits } from './limits.ts';
export { type InputOptions, isAddress, loadInput } from './load-input.ts';
export { type AddedEntry, RekorClient, type RekorClientOptions, type RetrieveQuery } from './rekor-client.ts';
export { loadTreeStates, storeTreeState, type TreeStates } from './tree-state.ts';
