import type { OpenApiDocument } from '../openapi/document.ts';

/** What a node publishes about itself. Complete once it listens: with port 0 the address is not known before. */
export class NodeFacts {
  #url = '';
  #makeDocument: (url: string) => OpenApiDocument;
  #document: OpenApiDocument | undefined;

  constructor(makeDocument: (url: string) => OpenApiDocument) {
    this.#makeDocument = makeDocument;
  }

  /** The URL clients reach the node at, without a trailing slash. */
  get url(): string {
    return this.#url;
  }

  set url(url: string) {
    this.#url = url;
    this.#document = undefined;
  }

  /** The OpenAPI document; made when first asked for. */
  get document(): OpenApiDocument {
    this.#document ??= this.#makeDocument(this.#url);
    return this.#document;
  }
}
