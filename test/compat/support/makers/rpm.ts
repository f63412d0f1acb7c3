import { hash } from './proposal.ts';

interface Field {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  readonly contents: Buffer;
}

const types = { int32: 4, string: 6, binary: 7, strings: 8 } as const;
const text = (tag: number, value: string, type: number = types.string): Field => ({
  tag,
  type,
  count: 1,
  contents: Buffer.from(`${value}\0`),
});

/** A header: intro, index and store. The only numbers there are stand first, where nothing needs to be aligned. */
function writeHeader(fields: readonly Field[]): Buffer {
  const intro = Buffer.from('8eade801000000000000000000000000', 'hex');
  let offset = 0;
  const index = fields.map(({ tag, type, count, contents }) => {
    const entry = Buffer.alloc(16);
    [tag, type, offset, count].forEach((value, at) => {
      entry.writeUInt32BE(value, at * 4);
    });
    offset += contents.length;
    return entry;
  });
  intro.writeUInt32BE(fields.length, 8);
  intro.writeUInt32BE(offset, 12);
  return Buffer.concat([intro, ...index, ...fields.map(({ contents }) => contents)]);
}

/** A package of format 4 that carries one OpenPGP signature, over its header, which names the payload's digest. */
export function makeRpm(name: string, payload: Buffer, sign: (header: Buffer) => Buffer): Buffer {
  const lead = Buffer.alloc(96);
  lead.writeUInt32BE(0xedabeedb);
  lead[4] = 3;
  lead.writeUInt16BE(5, 78);
  const header = writeHeader([
    { tag: 5093, type: types.int32, count: 1, contents: Buffer.of(0, 0, 0, 8) },
    text(1000, name),
    text(1001, '1.2'),
    text(1002, '3'),
    text(1022, 'noarch'),
    text(5092, hash('sha256', payload).toString('hex'), types.strings),
  ]);
  const signature = sign(header);
  const signatures = writeHeader([
    { tag: 267, type: types.binary, count: signature.length, contents: signature },
    text(273, hash('sha256', header).toString('hex')),
  ]);
  const padding = Buffer.alloc((8 - (signatures.length % 8)) % 8);
  return Buffer.concat([lead, signatures, padding, header, payload]);
}
