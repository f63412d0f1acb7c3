export { assertSchema, compileSchema, type SchemaCheck } from './compile-schema.ts';
export type { SchemaIssue } from './issue.ts';
