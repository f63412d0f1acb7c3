import { testAdmissionPolicy } from '@countersign/plugin-api/testing';
import { policyUnderTest } from '@countersign/plugin-host/testing';
import algorithm from './algorithm.policy.ts';

const test = policyUnderTest(new URL('.', import.meta.url), 'algorithm', algorithm);
testAdmissionPolicy('algorithm', test);
