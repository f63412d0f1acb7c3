import { openApiDocument } from './document.ts';

const documentWith = (schema: object) =>
  openApiDocument({
    controllers: [],
    entryTypes: [
      {
        kind: 'toy',
        apiVersion: '0.0.1',
        schema: { ...schema },
        plugin: 'entry-toy',
        pluginVersion: '1.0.0',
        digest: '',
      },
    ],
    version: '1.0.0',
    serverUrl: 'http://127.0.0.1',
  }) as { components: { schemas: Record<string, { properties: { spec: object } }> } };

describe('the schema of an entry type in the document', () => {
  const schema = { $defs: { word: { type: 'string' } }, properties: { a: { $ref: '#/$defs/word' } } };

  it('refers to itself where it stands', () => {
    const { spec } = documentWith(schema).components.schemas['Proposed.toy.0.0.1']?.properties ?? {};
    const place = '#/components/schemas/Proposed.toy.0.0.1/properties/spec/$defs/word';
    expect(spec).toEqual({ ...schema, properties: { a: { $ref: place } } });
  });

  it('is left alone when it has a base of its own', () => {
    const own = { ...schema, $id: 'https://example.test/toy.json' };
    expect(documentWith(own).components.schemas['Proposed.toy.0.0.1']?.properties.spec).toEqual(own);
  });
});
