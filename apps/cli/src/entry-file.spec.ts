import { clientLimits } from '@countersign/client';
import { readEntry } from './entry-file.ts';
import { cliLimits } from './limits.ts';

const read = (text: string) => readEntry(Buffer.from(text));
const refusal = (text: string) =>
  read(text).then(
    () => undefined,
    ({ code, message }) => `${code} ${message}`,
  );

describe('an entry file', () => {
  it.each([
    ['{"kind":"a","spec":{"b":[1,null,true,"c"]}}', { kind: 'a', spec: { b: [1, null, true, 'c'] } }],
    ['kind: a\nspec:\n  b: [1, ~, true, c]\n', { kind: 'a', spec: { b: [1, null, true, 'c'] } }],
    ['{kind: a, spec: {b: 1,},}', { kind: 'a', spec: { b: 1 } }],
    ['a: |\n  x\n  y\n', { a: 'x\ny\n' }],
    ['a: &x {b: 1}\nc: *x\n', { a: { b: 1 }, c: { b: 1 } }],
    // Dates, `yes` and keys that are no text are YAML 1.1's, or no JSON.
    ['a: 2001-01-01\nb: yes\n7: 0.0.1\n', { a: '2001-01-01', b: 'yes', '7': '0.0.1' }],
    ['a: 1\na: 2\n', { a: 2 }],
  ])('is read: %j', async (text, value) => {
    expect(JSON.parse(JSON.stringify(await read(text)))).toEqual(JSON.parse(JSON.stringify(value)));
  });

  it('keeps a member named __proto__ a member', async () => {
    expect(JSON.stringify(await read('__proto__: {x: 1}\n'))).toBe('{"__proto__":{"x":1}}');
  });

  it.each([
    ['kind: a\nspec:\n  b: 1\n   c: 2\n', /ERR_MALFORMED .*neither JSON nor YAML: .* at line [34], column \d+$/],
    ['{"a": 1 "b": 2}', /at line 1, column \d+$/],
    ['{"a": ', /at line 1, column \d+$/],
    ['a: !acme b', /Unresolved tag: !acme at line 1, column 4$/],
    ['a: !!binary aGk=', /Unresolved tag/],
    ['a: 1\n---\nb: 2\n', /multiple documents/],
    ['a: .inf', /JSON has no Infinity/],
    ['a: .nan', /JSON has no NaN/],
    ['- a', /not an object/],
    ['text', /not an object/],
    ['', /not an object/],
    ['[]', /not an object/],
  ])('is refused: %j', async (text, message) => {
    expect(await refusal(text)).toMatch(message);
  });

  it('is refused when it is no UTF-8', async () => {
    await expect(readEntry(Uint8Array.of(0xff))).rejects.toMatchObject({ code: 'ERR_MALFORMED' });
  });

  it('keeps its limits', async () => {
    const yaml = (bytes: number) => `a: ${'x'.repeat(bytes - 3)}`;
    expect(await read(yaml(cliLimits.yamlBytes))).toHaveProperty('a');
    expect(await refusal(yaml(cliLimits.yamlBytes + 1))).toMatch(/^ERR_TOO_LARGE/);
    // JSON may be larger.
    expect(await read(JSON.stringify({ a: yaml(cliLimits.yamlBytes) }))).toHaveProperty('a');
    await expect(readEntry(new Uint8Array(clientLimits.entryBytes + 1))).rejects.toMatchObject({
      code: 'ERR_TOO_LARGE',
    });
  });

  it('may refer to itself a little', async () => {
    const aliases = (count: number) => `a: &a x\nb: [${Array.from({ length: count }, () => '*a').join(', ')}]`;
    expect(await read(aliases(cliLimits.yamlAliases))).toHaveProperty('b');
    expect(await refusal(aliases(cliLimits.yamlAliases + 1))).toMatch(/ERR_MALFORMED .*alias count/);
  });

  it.each([
    ['brackets', (depth: number) => `a: ${'['.repeat(depth)}${']'.repeat(depth)}`],
    ['braces', (depth: number) => `a: ${'{'.repeat(depth)}${'}'.repeat(depth)}`],
    ['indicators', (depth: number) => `${'- '.repeat(depth / 2)}${depth % 2 ? ' ' : ''}a`],
    ['columns', (depth: number) => `a:\n${' '.repeat(depth)}b`],
  ])('is not nested deeply in %s', async (_, nested) => {
    const { yamlNesting } = cliLimits;
    expect((await refusal(nested(yamlNesting))) ?? '').not.toMatch('malformed entry: nested');
    expect(await refusal(nested(yamlNesting + 1))).toMatch('malformed entry: nested too deeply');
    expect(await refusal(nested(100_000))).toMatch('malformed entry: nested too deeply');
  });
});
