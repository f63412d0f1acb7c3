import { createHash } from 'node:crypto';
import type { PkiFormat, PkiKey, PkiSigner, Signed } from '../pki.ts';
import { testPkiFormat } from './pki-format.ts';
import { runAll } from './run-all.fixture.ts';

// A toy again: a key is `key:` and some bytes, a signature the hash of key and message.
const refuse = (code: string) => Object.assign(new Error(code), { code });
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
const sign = (key: Uint8Array, signed: Signed) =>
  createHash('sha256')
    .update(key)
    .update('message' in signed ? signed.message : signed.digest)
    .digest();

const signers = (keys: readonly PkiKey[]): PkiSigner[] =>
  keys.map((key) => ({ ...key.members[0], identities: key.identities, key }));

const toy: PkiFormat = {
  async parseKey(bytes) {
    const canonical = Buffer.from(text(bytes).trim(), 'latin1');
    if (!/^key:\w{3,9}$/.test(text(canonical))) throw refuse('ERR_MALFORMED');
    return { canonical, identities: [], members: [{ fingerprint: text(canonical), algorithm: 'toy' }] };
  },
  async parseSignature(bytes) {
    if (bytes.length !== 32) throw refuse('ERR_MALFORMED');
    return { canonical: bytes };
  },
  async verify({ signed, signature, keys }) {
    const found = keys.filter((key) => sign(key.canonical, signed).equals(signature.canonical));
    if (found.length === 0) throw refuse('ERR_SIGNATURE_INVALID');
    return signers(found);
  },
};

const canonical = Buffer.from('key:abc');
const member = { fingerprint: 'key:abc', algorithm: 'toy' };
const test = (changes: Partial<PkiFormat>) =>
  runAll((runner) => {
    const signatures = [{ message: Buffer.from('message') }, { digest: Buffer.alloc(32), hash: 'sha256' } as const].map(
      (signed) => ({ name: Object.keys(signed)[0] ?? '', bytes: sign(canonical, signed), signed, key: 'a' }),
    );
    testPkiFormat('toy', {
      format: { ...toy, ...changes },
      keys: [
        {
          name: 'a',
          bytes: Buffer.from(' key:abc\n'),
          canonical,
          identities: [],
          members: [member],
        },
      ],
      signatures: signatures.map((signature) => ({ ...signature, canonical: signature.bytes })),
      foreignKey: Buffer.from('key:xyz'),
      oversize: 1000,
      runner,
    });
  });

describe('uncovered bytes', () => {
  const labelled: PkiFormat = {
    ...toy,
    parseSignature: async (bytes) => {
      if (bytes.length !== 33) throw refuse('ERR_MALFORMED');
      return { canonical: bytes };
    },
    verify: ({ signature, ...rest }) => toy.verify({ ...rest, signature: { canonical: signature.canonical.slice(1) } }),
  };
  const withUncovered = (uncovered: readonly number[]) =>
    runAll((runner) => {
      const signed = { message: Buffer.from('message') };
      const bytes = Buffer.concat([Buffer.of(7), sign(canonical, signed)]);
      testPkiFormat('toy', {
        format: labelled,
        keys: [{ name: 'a', bytes: canonical, canonical, identities: [], members: [member] }],
        signatures: [{ name: 's', bytes, canonical: bytes, signed, key: 'a', uncovered }],
        foreignKey: Buffer.from('key:xyz'),
        oversize: 1000,
        runner,
      });
    });

  it('may change when they are listed', async () => {
    expect(await withUncovered([0])).toEqual([]);
  });

  it('may not when they are not', async () => {
    expect(await withUncovered([])).toEqual([
      'toy › signature s › is refused after a flip of any byte, of it or of what was signed',
    ]);
  });
});

describe('bytes of a key that are uncovered', () => {
  // `key:abc` and a letter that nothing looks at.
  const label = canonical.length;
  const labelled: PkiFormat = {
    ...toy,
    parseKey: async (bytes) => ({ ...(await toy.parseKey(bytes.subarray(0, label))), canonical: bytes }),
    verify: async ({ keys, ...rest }) => {
      const inner = await Promise.all(keys.map((key) => toy.parseKey(key.canonical.subarray(0, label))));
      const found = await toy.verify({ ...rest, keys: inner });
      return found.map((signer) => ({ ...signer, key: keys[inner.indexOf(signer.key)] ?? signer.key }));
    },
  };
  const run = (uncovered?: readonly number[]) =>
    runAll((runner) => {
      const signed = { message: Buffer.from('message') };
      const bytes = Buffer.from('key:abcX');
      const key = { name: 'a', bytes, canonical: bytes, identities: [], members: [member] as const };
      testPkiFormat('toy', {
        format: labelled,
        keys: [uncovered === undefined ? key : { ...key, uncovered }],
        signatures: [
          { name: 's', bytes: sign(canonical, signed), canonical: sign(canonical, signed), signed, key: 'a' },
        ],
        foreignKey: Buffer.from('key:xyzX'),
        oversize: 1000,
        runner,
      });
    });

  it('may change when they are listed, and only then', async () => {
    const failed = 'toy › key a › verifies nothing after a flip of any of its bytes, unless it is the same key';
    expect(await run([label])).not.toContain(failed);
    expect(await run([label - 1])).toContain(failed);
    expect(await run()).toContain(failed);
  });
});

const changed = async (bytes: Uint8Array, changes: Partial<PkiKey>) => ({ ...(await toy.parseKey(bytes)), ...changes });

describe('testPkiFormat', () => {
  it('passes what keeps its promises', async () => {
    expect(await test({})).toEqual([]);
  });

  it.each<[string, Partial<PkiFormat>, string]>([
    [
      'canonicalises otherwise',
      { parseKey: (bytes) => changed(bytes, { canonical: bytes }) },
      'key a › shows what it should',
    ],
    [
      'shows other identities',
      { parseKey: (bytes) => changed(bytes, { identities: ['me'] }) },
      'key a › shows what it should',
    ],
    [
      'cannot read its canonical form',
      { parseKey: (bytes) => (bytes[0] === 0x20 ? toy.parseKey(bytes) : toy.parseKey(Buffer.of())) },
      'key a › reads its canonical form as the same key',
    ],
    [
      'stumbles over a key that is cut off',
      { parseKey: async (bytes) => (bytes.length < 3 ? stumble() : toy.parseKey(bytes)) },
      'key a › refuses by code what is cut off',
    ],
    [
      'verifies anything',
      { verify: async ({ keys }) => signers(keys) },
      'signature message › verifies, and names the key that made it',
    ],
    [
      'verifies for no key',
      { verify: async ({ keys }) => signers(keys) },
      'signature message › is refused for another key, or for none',
    ],
    [
      'verifies any digest',
      { verify: async ({ keys }) => signers(keys) },
      'signature digest › is refused after a flip of any byte, of it or of what was signed',
    ],
    [
      'canonicalises a signature otherwise',
      { parseSignature: async (bytes) => ({ canonical: bytes.slice(1) }) },
      'signature message › has the canonical form it should, and reads that as the same',
    ],
    [
      'takes any signature file',
      { parseSignature: async (bytes) => ({ canonical: bytes }) },
      'refuses by code what is empty, oversize or neither key nor signature',
    ],
  ])('fails what %s', async (_, changes, failed) => {
    expect(await test(changes)).toContain(`toy › ${failed}`);
  });
});

function stumble(): never {
  throw new TypeError('cannot read properties of nothing');
}
