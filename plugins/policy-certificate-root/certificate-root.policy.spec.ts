import { testAdmissionPolicy } from '@countersign/plugin-api/testing';
import { policyUnderTest } from '@countersign/plugin-host/testing';
import certificateRoot from './certificate-root.policy.ts';

const test = policyUnderTest(new URL('.', import.meta.url), 'certificate-root', certificateRoot);
testAdmissionPolicy('certificate-root', test);
