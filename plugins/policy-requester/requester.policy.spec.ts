import { testAdmissionPolicy } from '@countersign/plugin-api/testing';
import { policyUnderTest } from '@countersign/plugin-host/testing';
import requester from './requester.policy.ts';

const test = policyUnderTest(new URL('.', import.meta.url), 'requester', requester);
testAdmissionPolicy('requester', test);
