export { entryZero, shardDescription } from './entry-zero.ts';
export { type VirtualIndex, virtualIndex } from './indexes.ts';
export { type LogEntry, logEntryJson } from './log-entry.ts';
export { type Admit, type ConsistencyAnswer, type LogInfo, LogService, type ShardInfo } from './log-service.ts';
export { type LogSetup, type OpenLog, openLog } from './open-log.ts';
export type { Retrieval } from './retrieval.ts';
export type { ShardPlace } from './shard.ts';
