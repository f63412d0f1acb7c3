export { type EntryUnderTest, type EntryUnderTestOptions, entryUnderTest } from './entry-under-test.ts';
export { type HostedEntryType, hosted } from './hosted.ts';
export { type PkiFormats, pluginApiWith } from './plugin-api-with.ts';
export { policyUnderTest } from './policy-under-test.ts';
export { type AcceptedVector, type ChangedPart, withPart } from './vectors.ts';
export { notRefused, type RefusedVector, type Verdict, verdictOf } from './verdict.ts';
