export { type EntryId, parseEntryId, sameEntry } from './entry-id.ts';
export { limits as verifyLimits } from './limits.ts';
export { type InclusionProofV1, type LogEntryV1, parseLogEntryV1 } from './log-entry-v1.ts';
export {
  type ConsistencyProofV1,
  type LogInfoV1,
  parseConsistencyProofV1,
  parseLogInfoV1,
  type ShardInfoV1,
} from './log-info-v1.ts';
export type { VerificationStep } from './step.ts';
export { type Continuity, verifyConsistencyBetween } from './verify-consistency-between.ts';
export { type LogEntryCheck, verifyLogEntry } from './verify-log-entry.ts';
