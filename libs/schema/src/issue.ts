import type { ErrorObject } from 'ajv';

/** The first problem of a value, in the numbering and wording of Go's OpenAPI validators, which Rekor answers with. */
export interface SchemaIssue {
  /** 601 type or format, 602 required, 603 too long, 604 too short, 605 pattern, 606 enum … (go-openapi/errors `schema.go`). */
  readonly code: number;
  /** Such as `spec.signature in body is required`. */
  readonly message: string;
  /** Such as `spec.signature` or `entryUUIDs.0`; empty for the value itself. */
  readonly path: string;
  /** The keyword of the schema that refused. `type` says that a JSON type was wrong: upstream fails to parse there. */
  readonly keyword: string;
}

type Describe = (error: ErrorObject) => readonly [code: number, problem: string, member?: string];

/** How each keyword's refusal is numbered and worded. */
const keywords: ReadonlyMap<string, Describe> = new Map<string, Describe>([
  // Go decodes null as absent.
  ['type', ({ data, schema }) => (data === null ? [602, 'is required'] : [601, mustBeOfType(schema, typeOf(data))])],
  ['format', ({ data, schema }) => [601, mustBeOfType(schema, data)]],
  ['required', ({ params }) => [602, 'is required', params.missingProperty]],
  ['maxLength', ({ schema }) => [603, `should be at most ${schema} chars long`]],
  ['minLength', ({ schema }) => [604, `should be at least ${schema} chars long`]],
  ['pattern', ({ schema }) => [605, `should match '${schema}'`]],
  ['enum', ({ params }) => [606, oneOf(params.allowedValues)]],
  ['const', ({ schema }) => [606, oneOf([schema])]],
  ['discriminator', discriminatorIssue],
  ['multipleOf', ({ schema }) => [607, `should be a multiple of ${schema}`]],
  ['maximum', ({ schema }) => [608, `should be less than or equal to ${schema}`]],
  ['exclusiveMaximum', ({ schema }) => [608, `should be less than ${schema}`]],
  ['minimum', ({ schema }) => [609, `should be greater than or equal to ${schema}`]],
  ['exclusiveMinimum', ({ schema }) => [609, `should be greater than ${schema}`]],
  ['uniqueItems', () => [610, "shouldn't contain duplicates"]],
  ['maxItems', ({ schema }) => [611, `should have at most ${schema} items`]],
  ['minItems', ({ schema }) => [612, `should have at least ${schema} items`]],
  ['minProperties', ({ schema }) => [614, `should have at least ${schema} properties`]],
  ['maxProperties', ({ schema }) => [615, `should have at most ${schema} properties`]],
  ['additionalProperties', ({ params }) => [616, 'is a forbidden property', params.additionalProperty]],
  ['unevaluatedProperties', ({ params }) => [616, 'is a forbidden property', params.unevaluatedProperty]],
  ['oneOf', () => [422, 'must validate one and only one schema (oneOf)']],
  ['anyOf', () => [422, 'must validate at least one schema (anyOf)']],
]);

/** Words one of ajv's errors. `at` is put before its path. */
export function describeIssue(error: ErrorObject, at: string): SchemaIssue {
  const describe: Describe =
    keywords.get(error.keyword) ?? (({ keyword }) => [422, `does not fit its schema (${keyword})`]);
  const [code, problem, member] = describe(error);
  const steps = error.instancePath.split('/').slice(1).map(unescapePointer);
  const path = [at, ...steps, member].filter((step) => step !== undefined && step !== '').join('.');
  return { code, message: `${path === '' ? 'body' : `${path} in body`} ${problem}`, path, keyword: error.keyword };
}

function discriminatorIssue({ params, parentSchema }: ErrorObject): ReturnType<Describe> {
  if (params.tagValue === undefined || params.tagValue === null) return [602, 'is required', params.tag];
  if (params.error === 'tag') return [601, mustBeOfType('string', typeOf(params.tagValue)), params.tag];
  const branches = (parentSchema?.oneOf ?? []) as {
    properties?: Record<string, { const?: unknown; enum?: unknown[] }>;
  }[];
  const tags = branches.map((branch) => branch.properties?.[params.tag]).flatMap((tag) => tag?.enum ?? [tag?.const]);
  return [606, oneOf(tags), params.tag];
}

function mustBeOfType(type: unknown, found: unknown): string {
  const shown = String(found);
  return `must be of type ${type}: ${JSON.stringify(shown.length > 100 ? `${shown.slice(0, 100)}…` : shown)}`;
}

function oneOf(values: readonly unknown[]): string {
  return `should be one of [${values.join(' ')}]`;
}

function typeOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
}

/** RFC 6901 §4. */
function unescapePointer(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}
