import { testAdmissionPolicy } from '@countersign/plugin-api/testing';
import { policyUnderTest } from '@countersign/plugin-host/testing';
import size from './size.policy.ts';

const test = policyUnderTest(new URL('.', import.meta.url), 'size', size);
testAdmissionPolicy('size', test);
