import type { AdmissionPolicy, PluginApi } from '@countersign/plugin-api';
import { type AdmissionPolicyTest, readVectorFile } from '@countersign/plugin-api/testing';
import { compileSchema } from '@countersign/schema';
import { pluginApiWith } from './plugin-api-with.ts';
import { readJson } from './vectors.ts';

/**
 * An admission policy as the host has it, with its schema and its vectors: what the kit's `testAdmissionPolicy` takes.
 *
 * @param folder the plugin's; it holds `<id>.schema.json` and `vectors/<id>.json`
 * @param make the default export
 */
export function policyUnderTest(
  folder: URL,
  id: string,
  make: (api: PluginApi) => AdmissionPolicy,
): AdmissionPolicyTest {
  const file = readVectorFile(readJson(new URL(`vectors/${id}.json`, folder)));
  if (file?.type !== 'policy') throw new Error(`vectors/${id}.json are not the vectors of a policy`);
  const validate = compileSchema(readJson(new URL(`${id}.schema.json`, folder)));
  return { ...file.vectors, policy: make(pluginApiWith({})), validate };
}
