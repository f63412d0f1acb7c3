import type { EntryTypeInfo } from '@countersign/plugin-host';
import { type JsonSchema, logV1Schemas } from '@countersign/schemas';
import { RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { jsonType } from '../http/answer.ts';
import { type OperationFacts, operationOf } from './operation.ts';

/** An OpenAPI 3.1 document, ready for `JSON.stringify`. */
export type OpenApiDocument = Readonly<Record<string, unknown>>;

/** What the document is made of. */
export interface DocumentSources {
  readonly controllers: readonly Type[];
  /** The loaded entry types: a proposed entry is one of them. */
  readonly entryTypes: readonly EntryTypeInfo[];
  readonly version: string;
  readonly serverUrl: string;
}

/** Describes the HTTP API (OpenAPI 3.1.1) from the controllers, the shared schemas and the loaded plugins. */
export function openApiDocument({ controllers, entryTypes, version, serverUrl }: DocumentSources): OpenApiDocument {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const controller of controllers) {
    for (const { path, method, facts } of operations(controller)) {
      const item = paths[path] ?? {};
      paths[path] = item;
      item[method] = operation(facts);
    }
  }
  const proposed = entryTypes.map(({ kind, apiVersion }) => reference(specName(kind, apiVersion)));
  return {
    openapi: '3.1.1',
    info: {
      title: 'Countersign',
      version,
      summary: "A transparency log that speaks Rekor's v1 API",
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: serverUrl }],
    paths,
    components: {
      schemas: {
        ...logV1Schemas,
        ProposedEntry: { ...logV1Schemas.ProposedEntry, ...(proposed.length > 0 && { oneOf: proposed }) },
        ...Object.fromEntries(entryTypes.map((type) => [specName(type.kind, type.apiVersion), proposedSchema(type)])),
      },
    },
  };
}

interface FoundOperation {
  readonly path: string;
  readonly method: string;
  readonly facts: OperationFacts;
}

function operations(controller: Type): FoundOperation[] {
  const prototype = controller.prototype as object;
  const root = String(Reflect.getMetadata(PATH_METADATA, controller));
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const facts = operationOf(prototype, name);
    const handler: unknown = Reflect.get(prototype, name);
    if (facts === undefined || typeof handler !== 'function') return [];
    const path = `${root}/${String(Reflect.getMetadata(PATH_METADATA, handler))}`;
    const method = RequestMethod[Number(Reflect.getMetadata(METHOD_METADATA, handler))] ?? 'GET';
    const braced = path
      .replace(/\/+/g, '/')
      .replace(/(.)\/$/, '$1')
      .replace(/:(\w+)/g, '{$1}');
    return [{ path: braced, method: method.toLowerCase(), facts }];
  });
}

function operation({ id, summary, path = {}, query = {}, body, answer, refusals = [] }: OperationFacts) {
  const parameters = [
    ...Object.entries(path).map(([name, schema]) => ({ name, in: 'path', required: true, schema })),
    ...Object.entries(query).map(([name, { required = false, schema }]) => ({ name, in: 'query', required, schema })),
  ];
  return {
    operationId: id,
    summary,
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: { [jsonType]: { schema: reference(body) } } } }),
    responses: {
      ...(answer && { [answer.status]: success(answer) }),
      ...Object.fromEntries(refusals.map((status) => [status, refusal(status)])),
      default: refusal(500),
    },
  };
}

function success({ schema, list, types = [jsonType], headers = [] }: NonNullable<OperationFacts['answer']>) {
  const item = schema === undefined ? { type: 'string' } : reference(schema);
  return {
    description: 'Done',
    content: Object.fromEntries(types.map((type) => [type, { schema: list ? { type: 'array', items: item } : item }])),
    ...(headers.length > 0 && {
      headers: Object.fromEntries(headers.map((name) => [name, { schema: { type: 'string' } }])),
    }),
  };
}

/** An entry that is not there is a 404 without a body. */
function refusal(status: number) {
  const description = descriptions[status] ?? 'Failed';
  return status === 404 ? { description } : { description, content: { [jsonType]: { schema: reference('Error') } } };
}

function proposedSchema({ kind, apiVersion, schema }: EntryTypeInfo): JsonSchema {
  const place = `${reference(specName(kind, apiVersion)).$ref}/properties/spec`;
  return {
    title: `${kind} ${apiVersion}`,
    type: 'object',
    required: ['kind', 'apiVersion', 'spec'],
    properties: { kind: { const: kind }, apiVersion: { const: apiVersion }, spec: moved(schema, place) },
  };
}

/** A schema that stands somewhere in a document: its references into itself begin there, unless it has a base of its own. */
function moved(schema: JsonSchema, place: string): JsonSchema {
  if ('$id' in schema) return schema;
  return JSON.parse(JSON.stringify(schema), (name, value: unknown) =>
    name === '$ref' && typeof value === 'string' && value.startsWith('#') ? `${place}${value.slice(1)}` : value,
  );
}

function specName(kind: string, apiVersion: string): string {
  return `Proposed.${kind}.${apiVersion}`;
}

function reference(name: string): { readonly $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

const descriptions: Readonly<Record<number, string>> = {
  400: 'The request is wrong, or the entry does not verify',
  403: 'The entry is sound, and a policy of this log does not take it',
  404: 'No such entry; the answer has no body',
  406: 'None of the accepted media types is available',
  409: 'The entry is in the log already; Location says where',
  413: 'The body is too large',
  415: 'The body is not JSON',
  422: 'The request does not fit its schema; the code says how',
  429: 'Too many uploads are waiting, or come from one address, requester or key; Retry-After says how long to wait',
  500: 'A fault of the server',
  501: 'This node does not offer the operation',
  503: 'The node is stopping, its storage fails for now, or the search index is behind; Retry-After says how long to wait',
};
