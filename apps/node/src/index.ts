export type { ShardChange } from './admin/shard-change.ts';
export { type ConfigSources, type LoadedConfig, loadConfig } from './config/load-config.ts';
export type { LogLevel, NodeConfig, NodeLimits } from './config/node-config.ts';
export { listSettings, type Setting, type SettingSchema, type Settings } from './config/settings.ts';
export { type RebuildOptions, rebuildSearchIndex } from './rebuild-search-index.ts';
export { type ChangeOptions, changeShards, readShards } from './shards.ts';
export { type RunningNode, type StartEvents, type StartOptions, startNode } from './start-node.ts';
export type { LogSink } from './system/logger.ts';
export { version } from './version.ts';
