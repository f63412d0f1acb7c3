import type { EntryTypeInfo, Provided } from '@countersign/plugin-host';
import { compileSchema } from '@countersign/schema';
import { logV1Schemas } from '@countersign/schemas';
import { LogKinds } from './log-kinds.ts';

const digest = 'ab'.repeat(32);
const type = (kind: string, apiVersion: string): EntryTypeInfo => ({
  kind,
  apiVersion,
  schema: { type: 'object' },
  plugin: `entry-${kind}`,
  pluginVersion: '1.2.3',
  digest,
});
const types = [type('jar', '0.0.1')];
const x509: Provided = {
  type: 'pki',
  id: 'x509',
  version: '0.0.1',
  plugin: 'pki-x509',
  pluginVersion: '1.0.0',
  digest,
};
const jar: Provided = { ...x509, type: 'entry', id: 'jar' };

describe('LogKinds', () => {
  it('tells all there is to an entry type and a PKI format', () => {
    const { json } = new LogKinds(types, [x509, jar]);
    expect(compileSchema(logV1Schemas.LogKinds)(JSON.parse(json))).toBeUndefined();
    expect(JSON.parse(json)).toEqual({
      entryTypes: [
        {
          kind: 'jar',
          apiVersion: '0.0.1',
          plugin: 'entry-jar',
          pluginVersion: '1.2.3',
          digest,
          schema: { type: 'object' },
        },
      ],
      pkiFormats: [{ id: 'x509', version: '0.0.1', plugin: 'pki-x509', pluginVersion: '1.0.0', digest }],
    });
  });
});
