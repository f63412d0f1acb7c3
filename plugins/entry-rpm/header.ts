import type { PluginApi } from '@countersign/plugin-api';
import { regionTags } from './tags.ts';

/** What a field holds. */
const types = { int32: 4, string: 6, binary: 7, stringArray: 8, i18nString: 9 } as const;

/** Bytes of one value, and what its place must be a multiple of. Strings end in a zero byte instead. */
const sizes: ReadonlyMap<number, number> = new Map([
  [1, 1],
  [2, 1],
  [3, 2],
  [types.int32, 4],
  [5, 8],
  [types.binary, 1],
]);

/** Magic, version and four reserved bytes. */
const magic = Buffer.from('8eade80100000000', 'hex');
const introBytes = 16;
const entryBytes = 16;

interface Field {
  readonly type: number;
  readonly count: number;
  readonly contents: Buffer;
}

/** One header of a package: fields by their tag. Every method throws `ERR_MALFORMED` for a field of another type. */
export interface Header {
  /** The whole header as it is signed: intro, index and store; shares the memory of the file. */
  readonly bytes: Uint8Array;
  /** A field that holds one string. UTF-8. */
  text(tag: number): string | undefined;
  binary(tag: number): Uint8Array | undefined;
  /** A field that holds one unsigned number of 32 bits. */
  integer(tag: number): number | undefined;
}

/**
 * Reads the header at `at` in `file` (RPM format 4: intro, index, store). As rpm has it, the fields' values stand in
 * the store in the order of the index and do not overlap: so reading costs no more than the file is long.
 *
 * @throws `ERR_MALFORMED`, and `ERR_TOO_LARGE` with over `maxFields` fields
 */
export function readHeader(file: Buffer, at: number, what: string, maxFields: number, { errors }: PluginApi): Header {
  const malformed = (problem: string) => errors.refuse('ERR_MALFORMED', `malformed RPM ${what}: ${problem}`);

  const intro = file.subarray(at, at + introBytes);
  if (intro.length < introBytes) throw malformed('it is cut off');
  if (!intro.subarray(0, magic.length).equals(magic)) throw malformed('bad magic');
  const count = intro.readUInt32BE(8);
  const storeBytes = intro.readUInt32BE(12);
  if (count > maxFields) throw errors.refuse('ERR_TOO_LARGE', `RPM ${what} with over ${maxFields} fields`);
  const length = introBytes + count * entryBytes + storeBytes;
  const bytes = file.subarray(at, at + length);
  if (bytes.length < length) throw malformed('it is cut off');
  const store = bytes.subarray(length - storeBytes);

  const fields = new Map<number, Field>();
  let end = 0;
  for (let index = 0; index < count; index++) {
    const entry = bytes.subarray(introBytes + index * entryBytes);
    const [tag, type, offset, values] = [0, 4, 8, 12].map((place) => entry.readUInt32BE(place)) as Quadruple;
    const isRegion = index === 0 && regionTags.has(tag);
    if (fields.has(tag)) throw malformed(`field ${tag} stands twice`);
    if (!isRegion && offset < end) throw malformed(`field ${tag} overlaps the one before it`);
    const valueBytes = lengthOf({ type, offset, values });
    if (valueBytes === undefined) throw malformed(`field ${tag} does not fit`);
    fields.set(tag, { type, count: values, contents: store.subarray(offset, offset + valueBytes) });
    // The region's own value stands behind all others.
    if (!isRegion) end = offset + valueBytes;
  }

  /** Bytes of a field's values, or `undefined` where they cannot be what the index says. */
  function lengthOf({ type, offset, values }: { type: number; offset: number; values: number }): number | undefined {
    if (values === 0) return undefined;
    const size = sizes.get(type);
    if (size !== undefined) {
      return offset % size === 0 && offset + size * values <= store.length ? size * values : undefined;
    }
    if (type !== types.stringArray && type !== types.i18nString && !(type === types.string && values === 1)) {
      return undefined;
    }
    let next = offset;
    for (let value = 0; value < values; value++) {
      const zero = next < store.length ? store.indexOf(0, next) : -1;
      if (zero === -1) return undefined;
      next = zero + 1;
    }
    return next - offset;
  }

  function one(tag: number, ...allowed: readonly number[]): Buffer | undefined {
    const field = fields.get(tag);
    if (field === undefined) return undefined;
    const { type, count, contents } = field;
    if (!allowed.includes(type) || (type !== types.binary && count !== 1)) {
      throw malformed(`field ${tag} is not of the type it should be`);
    }
    return contents;
  }

  return {
    bytes,
    text(tag) {
      const contents = one(tag, types.string, types.stringArray);
      if (contents === undefined) return undefined;
      try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(contents.subarray(0, -1));
      } catch (cause) {
        throw errors.refuse('ERR_MALFORMED', `malformed RPM ${what}: field ${tag} is not UTF-8`, cause);
      }
    },
    binary: (tag) => one(tag, types.binary),
    integer: (tag) => one(tag, types.int32)?.readUInt32BE(0),
  };
}

type Quadruple = [number, number, number, number];
