export {
  type AdmissionPolicyTest,
  type PolicyCase,
  type PolicyUseTest,
  testAdmissionPolicy,
} from './admission-policy.ts';
export { type EntryTypeTest, type EntryVector, testEntryType } from './entry-type.ts';
export { type KeyVector, type PkiFormatTest, type SignatureVector, testPkiFormat } from './pki-format.ts';
export { runTests, type TestResult } from './run-tests.ts';
export type { Runner } from './runner.ts';
export { standInApi, standInFormat } from './stand-in.ts';
export {
  type EntryVectors,
  type PkiVectors,
  type PolicyVectors,
  readVectorFile,
  type VectorFile,
} from './vector-file.ts';
