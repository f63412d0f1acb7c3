import { createHash } from 'node:crypto';
import { signatureTags, tags } from './tags.ts';

/** One field of a header, as it stands in index and store. */
export interface Field {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  readonly contents: Uint8Array;
}

export const text = (tag: number, value: string, type = 6): Field => ({
  tag,
  type,
  count: 1,
  contents: Buffer.from(`${value}\0`, 'latin1'),
});
export const binary = (tag: number, contents: Uint8Array): Field => ({
  tag,
  type: 7,
  count: contents.length,
  contents,
});
export const integer = (tag: number, value: number): Field => {
  const contents = Buffer.alloc(4);
  contents.writeUInt32BE(value);
  return { tag, type: 4, count: 1, contents };
};

const alignments: ReadonlyMap<number, number> = new Map([
  [3, 2],
  [4, 4],
  [5, 8],
]);

/** An entry of the index, whatever it says. */
export function indexEntry(tag: number, type: number, offset: number, count: number): Buffer {
  const entry = Buffer.alloc(16);
  [tag, type, offset, count].forEach((value, at) => {
    entry.writeUInt32BE(value >>> 0, at * 4);
  });
  return entry;
}

/** A header of this index and store, whatever they say, that names these counts of entries and bytes. */
export function rawHeader(
  index: readonly Uint8Array[],
  store: Uint8Array,
  { entries = index.length, bytes = store.length } = {},
): Buffer {
  const intro = Buffer.from('8eade801000000000000000000000000', 'hex');
  intro.writeUInt32BE(entries >>> 0, 8);
  intro.writeUInt32BE(bytes >>> 0, 12);
  return Buffer.concat([intro, ...index, store]);
}

/** A header as a tool writes it. */
export function writeHeader(fields: readonly Field[]): Buffer {
  let store = Buffer.alloc(0);
  const index = fields.map(({ tag, type, count, contents }) => {
    const alignment = alignments.get(type) ?? 1;
    store = Buffer.concat([store, Buffer.alloc((alignment - (store.length % alignment)) % alignment)]);
    const entry = indexEntry(tag, type, store.length, count);
    store = Buffer.concat([store, contents]);
    return entry;
  });
  return rawHeader(index, store);
}

/** A package file of headers that are written already. */
export function writePackage(signatureHeader: Uint8Array, header: Uint8Array, payload: Uint8Array): Buffer {
  const lead = Buffer.alloc(96);
  lead.writeUInt32BE(0xedabeedb);
  lead[4] = 3;
  lead.writeUInt16BE(5, 78);
  const padding = Buffer.alloc((8 - (signatureHeader.length % 8)) % 8);
  return Buffer.concat([lead, signatureHeader, padding, header, payload]);
}

export const payload = Buffer.from('a payload\n');

const hex = (hash: string, ...parts: Uint8Array[]) =>
  parts.reduce((digest, part) => digest.update(part), createHash(hash)).digest('hex');

/** The fields of a main header; what `changes` names by tag takes the place of one, or follows. */
export function headerFields(...changes: readonly Field[]): Field[] {
  const changed = new Set(changes.map(({ tag }) => tag));
  return [
    text(tags.name, 'built'),
    text(tags.version, '1.2'),
    text(tags.release, '3'),
    text(tags.architecture, 'noarch'),
    text(tags.payloadDigest, hex('sha256', payload), 8),
    integer(tags.payloadDigestAlgorithm, 8),
  ]
    .filter(({ tag }) => !changed.has(tag))
    .concat(changes);
}

/** The digests of a signature header. */
export const digestFields = (header: Uint8Array): Field[] => [
  text(signatureTags.headerSha1, hex('sha1', header)),
  text(signatureTags.headerSha256, hex('sha256', header)),
  binary(signatureTags.packageMd5, Buffer.from(hex('md5', header, payload), 'hex')),
];
