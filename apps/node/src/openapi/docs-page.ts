import { escapeHtml, htmlPage } from '../system/html.ts';
import type { OpenApiDocument } from './document.ts';

/** The part of an operation that the page shows. */
interface ShownOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
}

type Content = Readonly<Record<string, { readonly schema: object }>>;

/** The page at `/docs`: the OpenAPI document for reading, without a script. */
export function docsPage(document: OpenApiDocument): string {
  const paths = document.paths as Readonly<Record<string, Readonly<Record<string, ShownOperation>>>>;
  const { schemas } = document.components as { readonly schemas: Readonly<Record<string, object>> };
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, shown]) => operationHtml(path, method, shown)),
  );
  const models = Object.entries(schemas).map(
    ([name, schema]) =>
      `<details id="${escapeHtml(name)}"><summary><code>${escapeHtml(name)}</code></summary>` +
      `<pre><code>${escapeHtml(JSON.stringify(schema, null, 2))}</code></pre></details>`,
  );
  return htmlPage(
    'Countersign: the HTTP API',
    `<h1>The HTTP API</h1>
<p>Rekor's v1 API, with its statuses and messages. The same as a document: <a href="/openapi.json">OpenAPI 3.1</a>.
Refusals are <code>{"code", "message"}</code>.</p>
${operations.join('\n')}
<h2>Schemas</h2>
${models.join('\n')}`,
  );
}

function operationHtml(path: string, method: string, shown: ShownOperation): string {
  const parameters = (shown.parameters ?? []).map(
    ({ name, in: place, required }) =>
      `<tr><td><code>${escapeHtml(name)}</code></td><td>${place}${required ? ', required' : ''}</td></tr>`,
  );
  if (shown.requestBody) parameters.push(`<tr><td>body</td><td>${contentHtml(shown.requestBody.content)}</td></tr>`);
  const responses = Object.entries(shown.responses).map(
    ([status, { description, content }]) =>
      `<tr><td>${status}</td><td>${escapeHtml(description)} ${content ? contentHtml(content) : ''}</td></tr>`,
  );
  return `<h2 id="${escapeHtml(shown.operationId)}"><span class="method">${method.toUpperCase()}</span> <code>${escapeHtml(path)}</code></h2>
<p>${escapeHtml(shown.summary)}.</p>
<table>${parameters.join('')}</table>
<h3>Answers</h3>
<table>${responses.join('')}</table>`;
}

function contentHtml(content: Content): string {
  return Object.entries(content)
    .map(([type, { schema }]) => `<code>${escapeHtml(type)}</code> ${schemaHtml(schema)}`)
    .join(', ');
}

function schemaHtml(schema: object): string {
  if ('$ref' in schema) {
    const name = escapeHtml(String(schema.$ref).split('/').at(-1) ?? '');
    return `<a href="#${name}">${name}</a>`;
  }
  if ('items' in schema) return `list of ${schemaHtml(schema.items as object)}`;
  return '';
}
