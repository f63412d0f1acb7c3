import { createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { fromBase64, toBase64, utf8Encode } from '@countersign/encoding';
import {
  type Checkpoint,
  formatCheckpoint,
  openCheckpoint,
  parseCheckpoint,
  readCheckpoint,
  signCheckpoint,
} from './checkpoint.ts';
import { emptyRoot } from './hash.ts';
import { formatNote, parseNote } from './note.ts';
import type { NoteKey, NoteSigner, NoteVerify } from './note-key.ts';

const malformed = expect.objectContaining({ code: 'ERR_MALFORMED' });
const invalid = expect.objectContaining({ code: 'ERR_CHECKPOINT_INVALID' });
const root = toBase64(emptyRoot);
const plain: Checkpoint = { origin: 'log.example', size: 7, root: emptyRoot, extensions: [] };

const verifyWithNode: NoteVerify<NoteKey> = ({ spki, algorithm }, { message }, signature) =>
  verify(
    algorithm === 'ed25519' ? null : 'sha256',
    message,
    createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }),
    signature,
  );

function signerOf(algorithm: string, keys: { privateKey: KeyObject; publicKey: KeyObject }): NoteSigner {
  const spki = keys.publicKey.export({ format: 'der', type: 'spki' });
  const hash = algorithm === 'ed25519' ? null : 'sha256';
  return { publicKey: { spki, algorithm }, sign: async (message) => sign(hash, message, keys.privateKey) };
}

const signers: readonly (readonly [string, NoteSigner])[] = [
  ['ed25519', signerOf('ed25519', generateKeyPairSync('ed25519'))],
  ['ecdsa-p256', signerOf('ecdsa-p256', generateKeyPairSync('ec', { namedCurve: 'P-256' }))],
  ['ecdsa-p384', signerOf('ecdsa-p384', generateKeyPairSync('ec', { namedCurve: 'P-384' }))],
  ['rsa-2048', signerOf('rsa-2048', generateKeyPairSync('rsa', { modulusLength: 2048 }))],
];

describe('the text of a checkpoint (C2SP tlog-checkpoint)', () => {
  it('is read and written', () => {
    const text = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
    const checkpoint = parseCheckpoint(text);
    expect(checkpoint).toEqual({
      origin: 'example.com/behind-the-sofa',
      size: 20852163,
      root: fromBase64('CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I='),
      extensions: [],
    });
    expect(formatCheckpoint(checkpoint)).toBe(text);
  });

  it.each([0, 2 ** 32, 2 ** 40, 2 ** 53 - 1])('takes the size %d', (size) => {
    expect(parseCheckpoint(formatCheckpoint({ ...plain, size }))).toEqual({ ...plain, size, root: expect.anything() });
  });

  it('takes 16 extension lines and refuses 17', () => {
    const text = (count: number): string => `o\n7\n${root}\n${'more\n'.repeat(count)}`;
    expect(parseCheckpoint(text(16)).extensions).toEqual(Array.from({ length: 16 }, () => 'more'));
    expect(() => parseCheckpoint(text(17))).toThrow(malformed);
    expect(() => parseCheckpoint(text(500))).toThrow(malformed);
  });

  it.each([
    ['nothing', ''],
    ['an origin alone', 'o\n'],
    ['no root', 'o\n7\n'],
    ['no newline at the end', `o\n7\n${root}`],
    ['no origin', `\n7\n${root}\n`],
    ['an empty extension line', `o\n7\n${root}\n\n`],
    ['an empty extension line between', `o\n7\n${root}\n\nmore\n`],
    ['a leading zero', `o\n07\n${root}\n`],
    ['a sign', `o\n+7\n${root}\n`],
    ['a negative size', `o\n-7\n${root}\n`],
    ['a negative zero', `o\n-0\n${root}\n`],
    ['a fraction', `o\n7.5\n${root}\n`],
    ['an exponent', `o\n1e3\n${root}\n`],
    ['a hexadecimal size', `o\n0x7\n${root}\n`],
    ['a space before the size', `o\n 7\n${root}\n`],
    ['an empty size', `o\n\n${root}\n`],
    ['other digits', `o\n٧\n${root}\n`],
    ['a size of 2^53', `o\n9007199254740992\n${root}\n`],
    ['a size of 2^64', `o\n18446744073709551616\n${root}\n`],
    ['a size without end', `o\n${'9'.repeat(400)}\n${root}\n`],
    ['a root of 31 bytes', `o\n7\n${toBase64(new Uint8Array(31))}\n`],
    ['a root of 33 bytes', `o\n7\n${toBase64(new Uint8Array(33))}\n`],
    ['a root in base64url', `o\n7\n${root.replaceAll('+', '-').replaceAll('/', '_')}\n`],
    ['a root without padding', `o\n7\n${root.replace('=', '')}\n`],
    ['a root with stray bits', `o\n7\n${root.replace(/.=$/, '1=')}\n`],
    ['a carriage return', `o\r\n7\n${root}\n`],
  ])('refuses %s', (_, text) => {
    expect(() => parseCheckpoint(text)).toThrow(malformed);
  });

  it('refuses to write what it would not read', () => {
    for (const bad of [
      { origin: '' },
      { origin: 'a\nb' },
      { origin: 'a\ud800' },
      { size: -1 },
      { size: 0.5 },
      { size: 2 ** 53 },
      { root: new Uint8Array(31) },
      { extensions: [''] },
      { extensions: ['a\nb'] },
      { extensions: Array.from({ length: 17 }, () => 'x') },
    ]) {
      expect(() => formatCheckpoint({ ...plain, ...bad })).toThrow(malformed);
    }
  });

  it('may be as long as a note and no longer', () => {
    const tail = `\n7\n${root}\n`;
    expect(parseCheckpoint('o'.repeat(256 * 1024 - tail.length) + tail).size).toBe(7);
    expect(() => parseCheckpoint('o'.repeat(256 * 1024 - tail.length + 1) + tail)).toThrow(malformed);
  });
});

describe.each(signers)('a checkpoint signed with %s', (_, signer) => {
  const log = { origin: plain.origin, publicKey: signer.publicKey, verify: verifyWithNode };

  it('opens', async () => {
    const text = await signCheckpoint({ ...plain, extensions: ['more'] }, signer);
    expect(openCheckpoint(text, log)).toMatchObject({ origin: plain.origin, size: 7, extensions: ['more'] });
    expect(parseNote(text).signatures.map(({ name }) => name)).toEqual([plain.origin]);
  });

  it('does not open once any character is another', async () => {
    const text = await signCheckpoint(plain, signer);
    for (let at = 0; at < text.length; at += 1) {
      const other = text[at] === 'A' ? 'B' : 'A';
      expect(() => openCheckpoint(text.slice(0, at) + other + text.slice(at + 1), log)).toThrow(invalid);
    }
  });

  it('does not open for another log or key', async () => {
    const text = await signCheckpoint(plain, signer);
    expect(() => openCheckpoint(text, { ...log, origin: 'other.example' })).toThrow(invalid);
    for (const [, other] of signers) {
      if (other !== signer) expect(() => openCheckpoint(text, { ...log, publicKey: other.publicKey })).toThrow(invalid);
    }
  });
});

describe('the lines of other keys', () => {
  const [, first] = signers[0] ?? ['', signerOf('ed25519', generateKeyPairSync('ed25519'))];
  const log = { origin: plain.origin, publicKey: first.publicKey, verify: verifyWithNode };
  const own = async () => {
    const note = parseNote(await signCheckpoint(plain, first));
    const [line] = note.signatures;
    if (line === undefined) throw new Error('no signature');
    return { text: note.text, line, wrong: { ...line, signature: line.signature.map((byte) => byte ^ 1) } };
  };

  it('are passed over, be it the name or the hint that is another', async () => {
    const { text, line, wrong } = await own();
    const witness = { ...wrong, name: 'witness.example' };
    const unknown = { ...wrong, hint: Uint8Array.of(1, 2, 3, 4) };
    expect(openCheckpoint(formatNote({ text, signatures: [witness, unknown, line] }), log).size).toBe(7);
    expect(() => openCheckpoint(formatNote({ text, signatures: [witness, unknown] }), log)).toThrow(invalid);
  });

  it('of the log do not vouch for the checkpoint of another origin', async () => {
    const { line } = await own();
    const text = formatCheckpoint({ ...plain, origin: 'other.example' });
    const signature = await first.sign(utf8Encode(text));
    expect(() => openCheckpoint(formatNote({ text, signatures: [{ ...line, signature }] }), log)).toThrow(
      expect.objectContaining({
        code: 'ERR_CHECKPOINT_INVALID',
        details: { expected: plain.origin, found: 'other.example' },
      }),
    );
  });

  it('do not excuse a line of the log that does not verify, before or behind one that does', async () => {
    const { text, line, wrong } = await own();
    expect(openCheckpoint(formatNote({ text, signatures: [line, line] }), log).size).toBe(7);
    expect(() => openCheckpoint(formatNote({ text, signatures: [wrong] }), log)).toThrow(invalid);
    expect(() => openCheckpoint(formatNote({ text, signatures: [line, wrong] }), log)).toThrow(invalid);
    expect(() => openCheckpoint(formatNote({ text, signatures: [wrong, line] }), log)).toThrow(invalid);
  });
});

describe('checkpoints of the public-good instance', () => {
  const production = {
    origin: 'log2025-1.rekor.sigstore.dev',
    publicKey: {
      spki: fromBase64('MCowBQYDK2VwAyEAt8rlp1knGwjfbcXAYPYAkn0XiLz1x8O4t0YkEhie244='),
      algorithm: 'ed25519',
    },
    verify: verifyWithNode,
  };

  it('open', () => {
    const text =
      'log2025-1.rekor.sigstore.dev\n34356369\ndA9mMr0smTXgo7nGsE01Zdc5KOOqTs2/zYfdSqxO+ks=\n\n— log2025-1.rekor.sigstore.dev zxGZFQZgTebN28s0D7vKP5gX8R+CsXCved700HCQAHgDHbdkaH3tfx7+DMPkccNhzsnSy7LijLzWMa+evZduylLs0wc=\n';
    expect(openCheckpoint(text, production).size).toBe(34356369);
    expect(() => openCheckpoint(text.replace('34356369', '34356368'), production)).toThrow(invalid);
  });

  // Public Sigstore staging: the log's line stands behind a witness's.
  it('open with a cosignature', () => {
    const text =
      'log2025-alpha1.rekor.sigstage.dev\n736\nrs1YPY0ydAV0lxgfrq5pE4oRpUJwo3syeps5+eGUTDI=\n\n— witness.example O8PH5AAAAABopO8+4O9uzScQrNEnGdKLYXSPoUjH1Se4n92W+wT/j5Kel/4J2XWE4bEe9bpIVUD6EGOeUDFkSWz/rbDhvVcJ/2OrDw==\n— log2025-alpha1.rekor.sigstage.dev 8w1amdbj1mjNN674dHAkD92+QZoEgBC7o0mXYSTRluDjQrOPjrps3zQB9ut+ShLepyZPsWBDi5IB3yXyjgjQT6OG9A8=\n';
    const spki = fromBase64('MCowBQYDK2VwAyEAPn+AREHoBaZ7wgS1zBqpxmLSGnyhxXj4lFxSdWVB8o8=');
    const staging = { origin: 'log2025-alpha1.rekor.sigstage.dev', publicKey: { spki, algorithm: 'ed25519' } };
    expect(openCheckpoint(text, { ...staging, verify: verifyWithNode }).size).toBe(736);
    expect(() => openCheckpoint(text, production)).toThrow(invalid);
  });
});

describe('reading without verifying', () => {
  it('gives the checkpoint and its lines, and one code for whatever is malformed', async () => {
    const [, signer] = signers[1] ?? ['', signerOf('ed25519', generateKeyPairSync('ed25519'))];
    const text = await signCheckpoint(plain, signer);
    expect(readCheckpoint(text).checkpoint.size).toBe(7);
    expect(() => readCheckpoint('')).toThrow(invalid);
    expect(() => readCheckpoint(text.replace('\n7\n', '\n07\n'))).toThrow(invalid);
    expect(() => readCheckpoint('x'.repeat(300_000))).toThrow(invalid);
  });
});
