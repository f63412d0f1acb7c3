export { CountersignError, type ErrorOptions, hasCode, malformed } from './error.ts';
export { type ErrorCode, errorTable } from './table.ts';
