import { send } from './support/entries.ts';
import { type LogUnderTest, startLog } from './support/log-under-test.ts';
import { pathsOf, pathsOfSchema, withField } from './support/makers/fields.ts';
import { make, makers } from './support/makers/index.ts';

/** What a field may be beside what it should: absent, null, and everything that is empty. */
const empties = [undefined, null, '', {}, [], 0, false];
/** What the v1 API answers an upload with. */
const answers = [201, 400, 409, 413, 422];

let log: LogUnderTest;
/** By kind and version. */
const schemas = new Map<string, object>();

beforeAll(async () => {
  log = await startLog();
  const kinds = await (await fetch(`${log.url}/api/v1/log/kinds`)).json();
  const { entryTypes } = kinds as { entryTypes: { kind: string; apiVersion: string; schema: object }[] };
  for (const { kind, apiVersion, schema } of entryTypes) schemas.set(`${kind} ${apiVersion}`, schema);
});
afterAll(() => log.close());

/** Sends a good proposal of its own with each of its fields as everything it may be; counts the answers. */
async function sendEach(make: () => object, paths: readonly string[][]): Promise<Map<number, number>> {
  const counts = new Map<number, number>();
  for (const path of paths) {
    for (const value of empties) {
      const response = await send(log.url, JSON.stringify(withField(make(), path, value)));
      const text = await response.text();
      if (!answers.includes(response.status)) {
        throw new Error(`${path.join('.')} as ${JSON.stringify(value)}: ${response.status} ${text}`);
      }
      counts.set(response.status, (counts.get(response.status) ?? 0) + 1);
    }
  }
  return counts;
}

function tell(what: string, fields: number, counts: Map<number, number>): void {
  const told = [...counts].sort().map(([status, count]) => `${count} × ${status}`);
  process.stderr.write(`fields: ${what}: ${fields} fields, ${told.join(', ')}\n`);
}

it.each(Object.entries(makers))('every field of %s, absent, null and empty', async (name, maker) => {
  const { kind, apiVersion } = maker();
  const schema = schemas.get(`${kind} ${apiVersion}`);
  expect(schema).toBeDefined();
  const named = pathsOfSchema(schema ?? {}).map((path) => ['spec', ...path]);
  const paths = [...new Map([...named, ...pathsOf(maker())].map((path) => [path.join('.'), path])).values()];
  tell(name, paths.length, await sendEach(maker, paths));
});

it.each([
  ['dsse', ['spec', 'proposedContent', 'envelope']],
  ['intoto 0.0.1', ['spec', 'content', 'envelope']],
])('every field of the envelope in %s', async (name, path) => {
  const envelopeOf = (proposal: object) => path.reduce<unknown>((json, name) => (json as never)[name], proposal);
  const fields = [
    ...pathsOf(JSON.parse(String(envelopeOf(make(name))))),
    ['signatures', '0', 'keyid'],
    ['signatures', '1'],
  ];
  const counts = new Map<number, number>();
  for (const field of fields) {
    const makeOne = () => {
      const proposal = make(name);
      return { ...proposal, envelope: JSON.parse(String(envelopeOf(proposal))) };
    };
    for (const value of empties) {
      const { envelope, ...proposal } = makeOne();
      const text = JSON.stringify(withField(envelope, field, value));
      const { status } = await send(log.url, JSON.stringify(withField(proposal, path, text)));
      expect(answers).toContain(status);
      counts.set(status, (counts.get(status) ?? 0) + 1);
    }
  }
  tell(`the envelope in ${name}`, fields.length, counts);
});
