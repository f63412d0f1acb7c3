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
const types = [type('intoto', '0.0.1'), type('intoto', '0.0.2'), type('jar', '0.0.1')];
const x509: Provided = {
  type: 'pki',
  id: 'x509',
  version: '0.0.1',
  plugin: 'pki-x509',
  pluginVersion: '1.0.0',
  digest,
};
const jar: Provided = { ...x509, type: 'entry', id: 'jar' };

const names = (kinds: LogKinds) =>
  JSON.parse(kinds.json)
    .entryTypes.filter(({ accepted }: { accepted: boolean }) => accepted)
    .map(({ kind, apiVersion }: EntryTypeInfo) => `${kind}:${apiVersion}`);

describe('LogKinds', () => {
  it('tells all there is to an entry type and a PKI format', () => {
    const { json } = new LogKinds(types.slice(2), [x509, jar]);
    expect(compileSchema(logV1Schemas.LogKinds)(JSON.parse(json))).toBeUndefined();
    expect(JSON.parse(json)).toEqual({
      entryTypes: [
        {
          kind: 'jar',
          apiVersion: '0.0.1',
          accepted: true,
          plugin: 'entry-jar',
          pluginVersion: '1.2.3',
          digest,
          schema: { type: 'object' },
        },
      ],
      pkiFormats: [{ id: 'x509', version: '0.0.1', plugin: 'pki-x509', pluginVersion: '1.0.0', digest }],
    });
  });

  it.each([
    [undefined, ['intoto:0.0.1', 'intoto:0.0.2', 'jar:0.0.1']],
    [['intoto'], ['intoto:0.0.1', 'intoto:0.0.2']],
    [['intoto:0.0.2'], ['intoto:0.0.2']],
    [
      ['intoto:0.0.2', 'jar'],
      ['intoto:0.0.2', 'jar:0.0.1'],
    ],
    [
      ['intoto:0.0.2', 'intoto'],
      ['intoto:0.0.1', 'intoto:0.0.2'],
    ],
  ])('accepts by %j exactly %j', (accepted, expected) => {
    const kinds = new LogKinds(types, [], accepted);
    expect(names(kinds)).toEqual(expected);
    const passing = types.filter((one) => {
      try {
        kinds.accept(one);
        return true;
      } catch {
        return false;
      }
    });
    expect(passing.map(({ kind, apiVersion }) => `${kind}:${apiVersion}`)).toEqual(expected);
  });

  it('refuses in the words of rekor-server 1.5.4', () => {
    const kinds = new LogKinds(types, [], ['intoto:0.0.2']);
    expect(() => kinds.accept(type('jar', '0.0.1'))).toThrow(
      expect.objectContaining({
        code: 'ERR_ENTRY_INVALID',
        message: "entry kind 'jar' is not enabled for submission on this server",
      }),
    );
    expect(() => kinds.accept(type('intoto', '0.0.1'))).toThrow(
      expect.objectContaining({
        code: 'ERR_ENTRY_INVALID',
        message: "entry kind 'intoto' does not support inserting entries of version '0.0.1'",
      }),
    );
  });

  it.each([
    ['into', 'intoto'],
    ['hashedrekord', undefined],
    ['jar:0.0.9', 'jar:0.0.1'],
    ['constructor', undefined],
  ])('does not take %s, which is not loaded', (name, hint) => {
    const nearest = hint === undefined ? expect.stringMatching(/"; did you mean "/) : undefined;
    expect(() => new LogKinds(types, [], ['jar', name])).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG_INVALID',
        message: nearest ?? `log.kinds: no loaded plugin provides "${name}"; did you mean "${hint}"?`,
      }),
    );
  });
});
