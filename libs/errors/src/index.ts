export { CountersignError, type ErrorOptions, hasCode, malformed } from './error.ts';
export { nearest } from './nearest.ts';
export { type ErrorCode, errorTable } from './table.ts';
