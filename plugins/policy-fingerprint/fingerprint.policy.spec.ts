import { testAdmissionPolicy } from '@countersign/plugin-api/testing';
import { policyUnderTest } from '@countersign/plugin-host/testing';
import fingerprint from './fingerprint.policy.ts';

const test = policyUnderTest(new URL('.', import.meta.url), 'fingerprint', fingerprint);
testAdmissionPolicy('fingerprint', test);
