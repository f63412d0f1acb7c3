import type { JsonSchema, LogV1SchemaName } from '@countersign/schemas';
import 'reflect-metadata';

/** A parameter of an operation's query. */
export interface QueryParameter {
  readonly required?: boolean;
  readonly schema: JsonSchema;
}

/** What the OpenAPI document says of one controller method; path and HTTP method come from Nest's own decorators. */
export interface OperationFacts {
  /** `operationId`; upstream's where upstream has the operation. */
  readonly id: string;
  readonly summary: string;
  /** Parameters of the path. */
  readonly path?: Readonly<Record<string, JsonSchema>>;
  readonly query?: Readonly<Record<string, QueryParameter>>;
  /** The schema of the JSON body. */
  readonly body?: LogV1SchemaName;
  readonly answer?: {
    readonly status: number;
    /** The schema of the JSON answer; without one the answer is text. */
    readonly schema?: LogV1SchemaName;
    /** The answer is a list of those. */
    readonly list?: boolean;
    /** Media types, when not only JSON. */
    readonly types?: readonly string[];
    readonly headers?: readonly string[];
  };
  /** Statuses it refuses with. */
  readonly refusals?: readonly number[];
}

/** The query parameter that chooses a shard. */
export const treeIdQuery: Readonly<Record<string, QueryParameter>> = {
  treeID: { schema: { type: 'string', pattern: '^[0-9]+$' } },
};

const key = Symbol('openapi operation');

/** Describes a controller method for the OpenAPI document. A method without it is not in the document. */
export function Operation(facts: OperationFacts): MethodDecorator {
  return (prototype, name) => Reflect.defineMetadata(key, facts, prototype, name);
}

/** What {@link Operation} said of a method. */
export function operationOf(prototype: object, name: string): OperationFacts | undefined {
  return Reflect.getMetadata(key, prototype, name) as OperationFacts | undefined;
}
