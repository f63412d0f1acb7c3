export type { Display } from './displays.ts';
export type { EntryIndex, IndexedShard, IndexQuery, IndexState } from './entry-index.ts';
export { entryZero, shardDescription } from './entry-zero.ts';
export { type VirtualIndex, virtualIndex } from './indexes.ts';
export { type LogEntry, logEntryJson } from './log-entry.ts';
export { LogSearch, type SearchAnswer, type SearchCriteria, type ShownHit } from './log-search.ts';
export {
  type Admit,
  type AttestationSettings,
  type ConsistencyAnswer,
  type LogInfo,
  LogService,
  type ShardInfo,
} from './log-service.ts';
export { type LogSetup, type OpenLog, openLog } from './open-log.ts';
export { type OpenSharedLog, openSharedLog, type SharedLogSetup } from './open-shared-log.ts';
export { type RekorApi, RekorLog, type RekorNotes } from './rekor-log.ts';
export type { Retrieval } from './retrieval.ts';
export { keyFile, type ShardPlace, v1Kind } from './shard.ts';
export { type OpenShards, openShardAdmin, ShardAdmin } from './shard-admin.ts';
export { checkKeyFile, checkpointReader } from './shard-check.ts';
export { listShards, logShards, type ShardSummary } from './shard-list.ts';
export { SharedLog } from './shared-log.ts';
export { systemTimers, type Timers } from './timers.ts';
