import type { JsonObject, PluginApi } from '@countersign/plugin-api';

/** What the schema has made sure of. */
interface SpecShape {
  readonly metadata: { readonly content: JsonObject | string };
  readonly root: { readonly content: JsonObject | string };
}

/** The two files of a spec: JSON in bytes, and not yet looked at. */
export interface Spec {
  readonly metadata: Uint8Array;
  readonly root: Uint8Array;
}

/** Decodes a spec that fits the schema: files are JSON in place, or base64 of it. Refuses with `ERR_MALFORMED`. */
export function parseSpec(json: JsonObject, { encoding, errors }: PluginApi): Spec {
  const { metadata, root } = json as unknown as SpecShape;
  return { metadata: bytes(metadata.content, 'metadata'), root: bytes(root.content, 'root') };

  function bytes(content: JsonObject | string, what: string): Uint8Array {
    if (typeof content !== 'string') return encoding.canonicalJson(content);
    try {
      // Encoders that wrap their lines are common, and upstream accepts them.
      return encoding.fromBase64(content.replace(/[\r\n]+/g, ''));
    } catch (cause) {
      throw errors.refuse('ERR_MALFORMED', `base64 decoding TUF ${what} content: ${message(cause)}`, cause);
    }
  }
}

/** Writes a spec as a client proposes it: files as JSON in place. Both must be JSON. */
export function formatProposed({ metadata, root }: Spec): JsonObject {
  return { metadata: { content: json(metadata) }, root: { content: json(root) } };
}

/** Writes a spec as the log stores it. An empty version of the specification is left out. */
export function formatStored({ metadata, root }: Spec, specVersion: string, { encoding }: PluginApi): JsonObject {
  return {
    metadata: { content: encoding.toBase64(metadata) },
    root: { content: encoding.toBase64(root) },
    ...(specVersion !== '' && { spec_version: specVersion }),
  };
}

function json(file: Uint8Array): JsonObject {
  return JSON.parse(Buffer.from(file).toString());
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
