export { type EntryTypeTest, type EntryVector, testEntryType } from './entry-type.ts';
export { type KeyVector, type PkiFormatTest, type SignatureVector, testPkiFormat } from './pki-format.ts';
export type { Runner } from './runner.ts';
