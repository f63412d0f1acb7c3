import { testAdmissionPolicy } from '@countersign/plugin-api/testing';
import { policyUnderTest } from '@countersign/plugin-host/testing';
import kind from './kind.policy.ts';

testAdmissionPolicy('kind', {
  ...policyUnderTest(new URL('.', import.meta.url), 'kind', kind),
  entryTypes: [
    { kind: 'rekord', apiVersion: '0.0.1' },
    { kind: 'intoto', apiVersion: '0.0.2' },
    { kind: 'jar', apiVersion: '0.0.1' },
  ],
});
