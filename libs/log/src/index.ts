export type { EntryIndex, IndexQuery, IndexState } from './entry-index.ts';
export { entryZero, shardDescription } from './entry-zero.ts';
export { type VirtualIndex, virtualIndex } from './indexes.ts';
export { type LogEntry, logEntryJson } from './log-entry.ts';
export { LogSearch, type SearchAnswer, type SearchCriteria, type SearchHit } from './log-search.ts';
export { type Admit, type ConsistencyAnswer, type LogInfo, LogService, type ShardInfo } from './log-service.ts';
export { type IndexedShard, type LogSetup, type OpenLog, openLog } from './open-log.ts';
export type { Retrieval } from './retrieval.ts';
export { type ShardPlace, v1Kind } from './shard.ts';
