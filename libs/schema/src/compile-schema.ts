import { CountersignError, malformed } from '@countersign/errors';
import { Ajv2020, type Options, type ValidateFunction } from 'ajv/dist/2020.js';
import { formats } from './formats.ts';
import { describeIssue, type SchemaIssue } from './issue.ts';

const options: Options = {
  strict: true,
  // A misspelt `required` refuses everything and is found at once; the strict rule also refuses `oneOf` of `required`s.
  strictRequired: false,
  allowUnionTypes: true,
  discriminator: true,
  verbose: true,
  formats,
};

/** Compiles the schema of schemas, which takes most of the time, once. */
const metaSchema = new Ajv2020(options);

/** Checks a value: the first problem, or nothing when it fits. */
export type SchemaCheck = (value: unknown) => SchemaIssue | undefined;

/**
 * Compiles a JSON Schema (2020-12) in ajv's strict mode. The schema must hold everything it
 * refers to; the formats are `byte`, `date-time`, `email` and `uri`, and `discriminator`
 * (OpenAPI) picks a branch of `oneOf`. Values are never changed.
 *
 * @param at where the value stands in a larger one: `spec` turns `data` into `spec.data` in paths and messages
 * @throws `ERR_MALFORMED` when this is no schema that can be compiled
 */
export function compileSchema(schema: object, at = ''): SchemaCheck {
  const validate = compile(schema);
  return (value) => {
    if (validate(value)) return undefined;
    // The last error of a failed oneOf or anyOf is the whole's, those before are of branches nobody chose;
    // that of an if only says that its then, the one before, has failed.
    const error = validate.errors?.findLast(({ keyword }) => keyword !== 'if');
    if (error === undefined) throw new Error('the validator refused without an error');
    return describeIssue(error, at);
  };
}

/**
 * Passes a value that fits.
 *
 * @param what names the value in the message, such as `plugin.json`
 * @throws `ERR_SCHEMA` with the {@link SchemaIssue} as details
 */
export function assertSchema(check: SchemaCheck, value: unknown, what: string): void {
  const issue = check(value);
  if (issue !== undefined)
    throw new CountersignError('ERR_SCHEMA', `${what}: ${issue.message}`, { details: { ...issue } });
}

function compile(schema: object): ValidateFunction {
  // An asynchronous schema's validator returns a promise, which would pass for true.
  if ('$async' in schema) throw malformed('JSON Schema', '$async is not supported');
  try {
    metaSchema.validateSchema(schema, true);
    // An instance each: equal ids in schemas of different origin never meet.
    return new Ajv2020({ ...options, meta: false, validateSchema: false }).compile(schema);
  } catch (cause) {
    throw malformed('JSON Schema', cause instanceof Error ? cause.message : undefined, cause);
  }
}
