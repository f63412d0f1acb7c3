/** A proposal as a vector has it. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** One string of a proposal, as the bytes that it stands for. */
export interface Part {
  /** Names and positions with dots between them. */
  readonly path: string;
  /** What base64 encodes; of any other string, its UTF-8. */
  readonly bytes: Buffer;
  /** The same proposal with other bytes here. */
  with(bytes: Buffer): Json;
}

const allBits = [0, 1, 2, 3, 4, 5, 6, 7];

/** Every string of a proposal. */
export function partsOf(proposal: Json): Part[] {
  return [...strings(proposal, [])].map(([path, text]) => {
    const encoding = isBase64(text) ? 'base64' : 'utf8';
    return {
      path: path.join('.'),
      bytes: Buffer.from(text, encoding),
      with: (bytes) => replaced(proposal, path, bytes.toString(encoding)),
    };
  });
}

/** Base64 that may come in lines. What is short, or hex, is text. */
function isBase64(text: string): boolean {
  const encoded = text.replace(/[\r\n]/g, '');
  if (encoded.length < 16 || /^[0-9a-fA-F]*$/.test(encoded)) return false;
  return Buffer.from(encoded, 'base64').toString('base64') === encoded;
}

function* strings(json: Json, path: readonly string[]): Generator<readonly [path: readonly string[], text: string]> {
  if (typeof json === 'string') yield [path, json];
  else if (typeof json === 'object' && json !== null) {
    for (const [name, value] of Object.entries(json)) yield* strings(value, [...path, name]);
  }
}

function replaced(json: Json, [name, ...rest]: readonly string[], text: string): Json {
  if (name === undefined) return text;
  const copy = Array.isArray(json) ? [...json] : { ...(json as object) };
  const members = copy as Record<string, Json>;
  members[name] = replaced(members[name] ?? null, rest, text);
  return copy as Json;
}

/**
 * The same bytes with one bit turned over, at each position: every bit of what is up to 32 bytes, otherwise one that follows
 * from the position, and up to 128 bytes also the one that is a letter's case.
 */
export function* flipsOf(bytes: Buffer): Generator<readonly [position: number, flipped: Buffer]> {
  const caseBit = bytes.length <= 128 ? [5] : [];
  for (let position = 0; position < bytes.length; position++) {
    for (const bit of bytes.length <= 32 ? allBits : new Set([position % 8, ...caseBit])) {
      const flipped = Buffer.from(bytes);
      flipped[position] = (flipped[position] ?? 0) ^ (1 << bit);
      yield [position, flipped];
    }
  }
}
