// `node --test` runs this with nothing but the testing kit, on the built plugin.
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readVectorFile, testAdmissionPolicy } from '@countersign/plugin-api/testing';
import policy from './acme-sample.policy.js';

const file = readVectorFile(JSON.parse(readFileSync(new URL('./vectors/acme-sample.json', import.meta.url), 'utf8')));
if (file?.type !== 'policy') throw new Error('not the vectors of a policy');

/**
 * A node checks the schema; here it is enough that what the policy reads is there.
 *
 * @param {any} settings
 */
function validate(settings) {
  return Array.isArray(settings.domains) && settings.domains.length > 0 ? undefined : 'no domains';
}

testAdmissionPolicy('acme-sample', {
  ...file.vectors,
  policy: policy(),
  validate,
  runner: { describe, it },
});
