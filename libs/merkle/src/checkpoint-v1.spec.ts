import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { fromBase64, toBase64 } from '@countersign/encoding';
import { formatOriginV1, openCheckpointV1, parseOriginV1, signCheckpointV1 } from './checkpoint-v1.ts';
import { emptyRoot } from './hash.ts';
import { formatNote, parseNote } from './note.ts';
import type { NoteKey, NoteSigner, NoteVerify } from './note-key.ts';

const malformed = expect.objectContaining({ code: 'ERR_MALFORMED' });
const invalid = expect.objectContaining({ code: 'ERR_CHECKPOINT_INVALID' });
const log = { hostname: 'rekor.example', treeId: '6654867491807623878', size: 7, root: emptyRoot };

const verifyWithNode: NoteVerify<NoteKey> = ({ spki, algorithm }, { message }, signature) =>
  verify(
    algorithm === 'ed25519' ? null : 'sha256',
    message,
    createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }),
    signature,
  );

function p256(): NoteSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  return { publicKey: { spki, algorithm: 'ecdsa-p256' }, sign: async (message) => sign('sha256', message, privateKey) };
}

function ed25519(): NoteSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  return { publicKey: { spki, algorithm: 'ed25519' }, sign: async (message) => sign(null, message, privateKey) };
}

describe('the origin of a v1 log', () => {
  it.each(['1', '6654867491807623878', '9223372036854775807'])('takes the tree id %s', (treeId) => {
    expect(parseOriginV1(formatOriginV1({ hostname: 'rekor.example', treeId }))).toEqual({
      hostname: 'rekor.example',
      treeId,
    });
  });

  it.each([
    '',
    '0',
    '01',
    '-1',
    '1e3',
    '0x1',
    ' 1',
    '1 ',
    '9223372036854775808',
    '99999999999999999999',
    '1\n',
  ])('refuses the tree id %j', (treeId) => {
    expect(() => formatOriginV1({ hostname: 'rekor.example', treeId })).toThrow(malformed);
    expect(() => parseOriginV1(`rekor.example - ${treeId}`)).toThrow(malformed);
  });

  it.each(['rekor.example', ' - 1', 'rekor.example -1', 'a b - 1', 'rekor.example - 1 - 2'])('refuses %j', (origin) => {
    expect(() => parseOriginV1(origin)).toThrow(malformed);
  });
});

describe.each([
  ['P-256', p256()],
  ['Ed25519', ed25519()],
])('a v1 checkpoint signed with %s', (_, signer) => {
  it('has upstream’s text, name and hint', async () => {
    const text = await signCheckpointV1(log, signer);
    expect(text.split('\n').slice(0, 4)).toEqual(['rekor.example - 6654867491807623878', '7', toBase64(emptyRoot), '']);
    expect(parseNote(text).signatures.map(({ name }) => name)).toEqual(['rekor.example']);
    expect(openCheckpointV1(text, signer.publicKey, verifyWithNode)).toMatchObject({
      origin: 'rekor.example - 6654867491807623878',
      size: 7,
    });
  });

  it('does not open once any character that is signed, or of the signature, is another', async () => {
    const text = await signCheckpointV1(log, signer);
    const name = text.lastIndexOf('rekor.example');
    for (let at = 0; at < text.length; at += 1) {
      if (at >= name && at < name + 'rekor.example'.length) continue;
      const altered = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
      expect(() => openCheckpointV1(altered, signer.publicKey, verifyWithNode)).toThrow(invalid);
    }
  });

  it('must be signed by this key in every line', async () => {
    const { text, signatures } = parseNote(await signCheckpointV1(log, signer));
    const other = parseNote(await signCheckpointV1(log, p256())).signatures;
    const open = (lines: typeof signatures) =>
      openCheckpointV1(formatNote({ text, signatures: lines }), signer.publicKey, verifyWithNode);
    expect(open([...signatures, ...signatures]).size).toBe(7);
    expect(() => open(other)).toThrow(invalid);
    expect(() => open([...signatures, ...other])).toThrow(invalid);
    expect(() => open([...other, ...signatures])).toThrow(invalid);
    const wrong = signatures.map((line) => ({ ...line, signature: line.signature.map((byte) => byte ^ 1) }));
    expect(() => open([...signatures, ...wrong])).toThrow(invalid);
  });
});

describe('v1 checkpoints of running logs', () => {
  it.each([
    [
      'the public-good instance',
      1506280580,
      'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2G2Y+2tabdTV5BcGiBIx0a9fAFwrkBbmLSGtks4L3qX6yYY0zufBnhC8Ur/iy55GhWP/9A/bY2LhC30M9+RYtw==',
      'rekor.sigstore.dev - 1193050959916656506\n1506280580\nZjDd73mjc1W8RZxpRzKqh8APDj+MIHjlQC8Km8UeBpQ=\n\n— rekor.sigstore.dev wNI9ajBEAiA/pOpue/xfCkoAWy4yASWxiSN7ffSt5+xwHR+Hl8o6EgIgRmu2RQ+rGTisl0L2tETVrIJyf3h0FwfvabDGa3WTPwg=\n',
    ],
    [
      'rekor-server 1.5.4 with an empty log',
      0,
      'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEGU3rqA8xwhSeWkVfJZ2A0bmM5mC0ZX1Bl+uBTXMGPPnOzl6RcYDi4F2YuYSfoxOkNk/a2eA2nh757XHsXibX7Q==',
      'vm - 6654867491807623878\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n— vm zJXmtDBEAiBw22chmp+cJCDqv7iMeIvBlt7dSkFXdDzqD8hO+i6mYAIgC8G+359n+XHNXuinCrF0EqErL5wo8l53cEi0yKKH1OU=\n',
    ],
  ])('open: %s', (_, size, key, text) => {
    const publicKey = { spki: fromBase64(key), algorithm: 'ecdsa-p256' };
    expect(openCheckpointV1(text, publicKey, verifyWithNode).size).toBe(size);
    expect(() => openCheckpointV1(text.replace(`\n${size}\n`, `\n${size + 1}\n`), publicKey, verifyWithNode)).toThrow(
      invalid,
    );
  });
});
