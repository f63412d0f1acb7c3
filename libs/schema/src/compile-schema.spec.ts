import { refusal } from '@countersign/errors/testing';
import { assertSchema, compileSchema } from './compile-schema.ts';

const { raw } = String;

const query = compileSchema({
  type: ['object', 'null'],
  properties: {
    email: { type: 'string', format: 'email' },
    entryUUIDs: {
      type: ['array', 'null'],
      minItems: 1,
      maxItems: 10,
      uniqueItems: true,
      items: { type: 'string', pattern: '^([0-9a-fA-F]{64}|[0-9a-fA-F]{80})$' },
    },
    logIndexes: { type: 'array', minItems: 1, maxItems: 10, items: { type: 'integer', minimum: 0, maximum: 99 } },
    operator: { type: 'string', enum: ['and', 'or'] },
    subject: { type: 'string', minLength: 1, maxLength: 512 },
    publicKey: {
      type: 'object',
      required: ['content', 'format'],
      properties: { content: { type: 'string', format: 'byte' }, format: { type: 'string' } },
    },
    even: { type: 'integer', multipleOf: 2, exclusiveMinimum: 0, exclusiveMaximum: 10 },
    when: { type: 'string', format: 'date-time' },
    link: { type: 'string', format: 'uri' },
    version: { const: '0.0.1' },
    closed: { type: 'object', properties: { 'a/b~c': { type: 'string' } }, additionalProperties: false },
    sized: { type: 'object', minProperties: 1, maxProperties: 2 },
    not: { not: { type: 'string' } },
    either: { anyOf: [{ type: 'string' }, { type: 'integer' }] },
    one: { oneOf: [{ type: 'string' }, { const: 'x' }] },
  },
});

describe('compileSchema', () => {
  // As rekor-server 1.5.4 answers, but for nested paths, where it repeats the parents.
  it.each<[unknown, number, string]>([
    [{ email: 'notmail' }, 601, 'email in body must be of type email: "notmail"'],
    [{ email: 5 }, 601, 'email in body must be of type string: "number"'],
    [{ subject: 'a'.repeat(513) }, 603, 'subject in body should be at most 512 chars long'],
    [{ subject: '' }, 604, 'subject in body should be at least 1 chars long'],
    [{ entryUUIDs: ['x'] }, 605, "entryUUIDs.0 in body should match '^([0-9a-fA-F]{64}|[0-9a-fA-F]{80})$'"],
    [{ operator: 'xor' }, 606, 'operator in body should be one of [and or]'],
    [{ logIndexes: [1, 100] }, 608, 'logIndexes.1 in body should be less than or equal to 99'],
    [{ logIndexes: [-1] }, 609, 'logIndexes.0 in body should be greater than or equal to 0'],
    [{ logIndexes: Array(11).fill(1) }, 611, 'logIndexes in body should have at most 10 items'],
    [{ entryUUIDs: [] }, 612, 'entryUUIDs in body should have at least 1 items'],
    [{ publicKey: {} }, 602, 'publicKey.content in body is required'],
    // What upstream words in another way, or has no case of.
    [{ publicKey: { content: 'AAAA' } }, 602, 'publicKey.format in body is required'],
    [{ publicKey: { content: null, format: '' } }, 602, 'publicKey.content in body is required'],
    [{ publicKey: { content: '!!!!', format: '' } }, 601, 'publicKey.content in body must be of type byte: "!!!!"'],
    [{ publicKey: null }, 602, 'publicKey in body is required'],
    [{ logIndexes: [1.5] }, 601, 'logIndexes.0 in body must be of type integer: "number"'],
    [{ logIndexes: {} }, 601, 'logIndexes in body must be of type array: "object"'],
    [{ entryUUIDs: 'x' }, 601, 'entryUUIDs in body must be of type array,null: "string"'],
    [[], 601, 'body must be of type object,null: "array"'],
    [{ entryUUIDs: Array(2).fill('a'.repeat(64)) }, 610, "entryUUIDs in body shouldn't contain duplicates"],
    [{ even: 3 }, 607, 'even in body should be a multiple of 2'],
    [{ even: 10 }, 608, 'even in body should be less than 10'],
    [{ even: 0 }, 609, 'even in body should be greater than 0'],
    [{ when: 'today' }, 601, 'when in body must be of type date-time: "today"'],
    [{ link: 'not a link' }, 601, 'link in body must be of type uri: "not a link"'],
    [{ version: '0.0.2' }, 606, 'version in body should be one of [0.0.1]'],
    [{ closed: { other: 1 } }, 616, 'closed.other in body is a forbidden property'],
    [{ closed: { 'a/b~c': 1 } }, 601, 'closed.a/b~c in body must be of type string: "number"'],
    [{ sized: {} }, 614, 'sized in body should have at least 1 properties'],
    [{ sized: { a: 1, b: 2, c: 3 } }, 615, 'sized in body should have at most 2 properties'],
    [{ not: 'x' }, 422, 'not in body does not fit its schema (not)'],
    [{ either: true }, 422, 'either in body must validate at least one schema (anyOf)'],
    [{ one: true }, 422, 'one in body must validate one and only one schema (oneOf)'],
    [{ one: 'x' }, 422, 'one in body must validate one and only one schema (oneOf)'],
  ])('refuses %j', (value, code, message) => {
    expect(query(value)).toMatchObject({ code, message });
  });

  it.each([
    null,
    {},
    { unknown: 1 },
    { entryUUIDs: null },
    { subject: 'a'.repeat(512) },
    { logIndexes: Array(10).fill(99) },
    { publicKey: { content: 'AA==', format: 'x509' } },
    { version: '0.0.1', when: '2024-02-29T00:00:00Z', link: 'https://example.com/' },
  ])('passes %j', (value) => {
    expect(query(value)).toBeUndefined();
  });

  it('says where and by which keyword', () => {
    expect(query({ entryUUIDs: ['x'] })).toMatchObject({ path: 'entryUUIDs.0', keyword: 'pattern' });
    expect(query(5)).toMatchObject({ path: '', keyword: 'type' });
    expect(query({ publicKey: {} })).toMatchObject({ path: 'publicKey.content', keyword: 'required' });
  });

  it('looks for missing members before it looks into those there are', () => {
    const check = compileSchema({
      type: 'object',
      required: ['apiVersion', 'spec'],
      properties: { apiVersion: { type: 'string', pattern: '^1$' }, spec: { type: 'object' } },
    });
    expect(check({ apiVersion: 2 })).toMatchObject({ code: 602, path: 'spec' });
    expect(check({ apiVersion: 2, spec: {} })).toMatchObject({ code: 601 });
    expect(check({})).toMatchObject({ code: 602, path: 'apiVersion' });
  });

  it('names a value inside a larger one', () => {
    const check = compileSchema({ type: 'object', required: ['signature'] }, 'spec');
    expect(check({})).toEqual({
      code: 602,
      message: 'spec.signature in body is required',
      path: 'spec.signature',
      keyword: 'required',
    });
    expect(check([])?.message).toBe('spec in body must be of type object: "array"');
    expect(check(null)?.message).toBe('spec in body is required');
  });

  it('reports the branch a discriminator picks', () => {
    const check = compileSchema({
      type: 'object',
      required: ['type'],
      discriminator: { propertyName: 'type' },
      oneOf: [
        { properties: { type: { const: 'a' }, x: { type: 'string' } }, required: ['x'] },
        { properties: { type: { enum: ['b', 'c'] } } },
      ],
    });
    expect(check({ type: 'a', x: 'y' })).toBeUndefined();
    expect(check({ type: 'c' })).toBeUndefined();
    expect(check({ type: 'a' })?.message).toBe('x in body is required');
    expect(check({ type: 'd' })).toMatchObject({ code: 606, message: 'type in body should be one of [a b c]' });
    expect(check({ type: 5 })).toMatchObject({ code: 601, message: 'type in body must be of type string: "number"' });
    expect(check({})).toMatchObject({ code: 602, message: 'type in body is required' });
  });

  it('reports what follows from a condition, not the condition', () => {
    const check = compileSchema({
      type: 'object',
      if: { type: 'object', properties: { a: { const: 1 } } },
      // biome-ignore lint/suspicious/noThenProperty: a JSON Schema keyword
      then: { type: 'object', required: ['b'] },
    });
    expect(check({ a: 1 })?.message).toBe('b in body is required');
  });

  it('cuts a long value short', () => {
    expect(query({ email: 'x'.repeat(10_000) })?.message.length).toBeLessThan(200);
  });

  it('keeps schemas with the same id apart', () => {
    const first = compileSchema({ $id: 'https://example.com/s', type: 'string' });
    const second = compileSchema({ $id: 'https://example.com/s', type: 'integer' });
    expect([first('a'), second(1)]).toEqual([undefined, undefined]);
    expect(second('a')).toBeDefined();
  });

  it('does not take inherited members for present ones', () => {
    const check = compileSchema({ type: 'object', required: ['kind'], properties: { kind: { type: 'string' } } });
    expect(check(JSON.parse('{"__proto__":{"kind":"x"}}'))).toMatchObject({ code: 602 });
  });

  it.each([
    ['an unknown keyword', { type: 'object', requird: [] }],
    ['an unknown format', { type: 'string', format: 'colour' }],
    ['a reference to elsewhere', { $ref: 'https://example.com/other.json' }],
    ['a wrong type', { type: 'text' }],
    ['a broken pattern', { type: 'string', pattern: '(' }],
    ['an asynchronous schema', { $async: true, type: 'object' }],
    ['another draft', { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object' }],
    ['items without a type (strict)', { items: { type: 'string' } }],
  ])('refuses to compile %s', (_, schema) => {
    expect(refusal(() => compileSchema(schema))).toMatch(/^ERR_MALFORMED: malformed JSON Schema: /);
  });
});

describe('format byte', () => {
  const check = compileSchema({ type: 'string', format: 'byte' });

  it.each(['', 'AA==', 'AAA=', 'AAAA', 'ab+/', 'AAAA'.repeat(100_000)])('passes %.20j', (text) => {
    expect(check(text)).toBeUndefined();
  });

  it.each([
    'A',
    'AA',
    'AAA',
    'A===',
    '====',
    'AA=A',
    'AA==AAAA',
    'AAA\n',
    'AA-_',
    'AA A',
    'ÄAAA',
    `${'AAAA'.repeat(100_000)}A`,
  ])('refuses %.20j', (text) => {
    expect(check(text)).toMatchObject({ code: 601, keyword: 'format' });
  });

  it('stays linear and within the stack on a very long text', () => {
    expect(check(`${'A'.repeat(32 * 1024 * 1024 - 1)}!`)).toMatchObject({ code: 601 });
    expect(check('A'.repeat(32 * 1024 * 1024))).toBeUndefined();
  });
});

describe('assertSchema', () => {
  const check = compileSchema({ type: 'object', required: ['name'] });

  it('passes what fits', () => {
    expect(() => assertSchema(check, { name: 1 }, 'plugin.json')).not.toThrow();
  });

  it('refuses with code, message and details', () => {
    expect(() => assertSchema(check, {}, 'plugin.json')).toThrow(
      expect.objectContaining({
        code: 'ERR_SCHEMA',
        message: 'plugin.json: name in body is required',
        details: { code: 602, message: 'name in body is required', path: 'name', keyword: 'required' },
      }),
    );
  });

  it('spells patterns as they are', () => {
    const digits = compileSchema({ type: 'string', pattern: raw`^\d+$` });
    expect(digits('x')?.message).toBe(raw`body should match '^\d+$'`);
  });
});
