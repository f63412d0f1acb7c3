import { mkdirSync, writeFileSync } from 'node:fs';

const manifest = {
  name: 'policy-flip',
  version: '1.0.0',
  apiVersion: '^1.0.0',
  provides: [
    { type: 'policy', id: 'flip', version: '1.0.0', phase: 'admission', schema: 'schema.json', entry: 'flip.mjs' },
  ],
};
const schema = { type: 'object', properties: { decision: { enum: ['allow', 'deny', 'fail'] } } };
const code = `export default () => ({
  async prepare({ decision }) {
    if (decision === 'fail') throw new Error('it cannot work');
    return ({ request }) => ({ decision, reason: JSON.stringify(request) });
  },
});`;

/** Writes a policy that decides as its settings say, and gives as its reason what is known of who asks. */
export function writeFlipPolicy(folder: string): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/plugin.json`, JSON.stringify(manifest));
  writeFileSync(`${folder}/schema.json`, JSON.stringify(schema));
  writeFileSync(`${folder}/flip.mjs`, code);
  return folder;
}

/** The setting `log.admission.policies` that has it decide so. */
export function flip(decision: 'allow' | 'deny' | 'fail'): readonly unknown[] {
  return [{ policy: 'flip', settings: { decision } }];
}
