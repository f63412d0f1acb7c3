import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { fromBase64, toBase64, toHex, utf8Encode } from '@countersign/encoding';
import { parseNote } from './note.ts';
import { noteKeyId, noteKeyIdV1 } from './note-key.ts';

/** The DER before the 32 bytes of an Ed25519 key (RFC 8410). */
const prefix = Buffer.from('302a300506032b6570032100', 'hex');

/** A verifier key as C2SP and Go's sumdb/note print it: name, hint, type and key. */
function parseVerifierKey(text: string): { name: string; hint: string; spki: Uint8Array } {
  const [, name = '', hint = '', key = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? [];
  return { name, hint, spki: Buffer.concat([prefix, fromBase64(key).subarray(1)]) };
}

describe('key ids', () => {
  // C2SP signed-note; golang.org/x/mod/sumdb/note; transparency-dev/formats.
  it.each([
    'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
    'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
    'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop',
    'TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6',
  ])('of the published Ed25519 key %s', (text) => {
    const { name, hint, spki } = parseVerifierKey(text);
    expect(toHex(noteKeyId(name, { spki, algorithm: 'ed25519' }).subarray(0, 4))).toBe(hint);
  });

  it.each([
    [
      'the example of C2SP',
      'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k',
      'This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n',
    ],
    [
      'the example of Go',
      'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
      "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
    ],
  ])('lead to the line that verifies in %s', (_, key, text) => {
    const { name, hint, spki } = parseVerifierKey(key);
    const note = parseNote(text);
    const [line] = note.signatures;
    if (line === undefined) throw new Error('no signature');
    expect([line.name, toHex(line.hint)]).toEqual([name, hint]);
    const publicKey = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    expect(verify(null, utf8Encode(note.text), publicKey, line.signature)).toBe(true);
  });

  it('of the public-good logs, which are their log ids', () => {
    const ed25519 = fromBase64('MCowBQYDK2VwAyEAt8rlp1knGwjfbcXAYPYAkn0XiLz1x8O4t0YkEhie244=');
    expect(toBase64(noteKeyId('log2025-1.rekor.sigstore.dev', { spki: ed25519, algorithm: 'ed25519' }))).toBe(
      'zxGZFVvd0FEmjR8WrFwMdcAJ9vtaY/QXf44Y1wUeP6A=',
    );
    const p256 = fromBase64(
      'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2G2Y+2tabdTV5BcGiBIx0a9fAFwrkBbmLSGtks4L3qX6yYY0zufBnhC8Ur/iy55GhWP/9A/bY2LhC30M9+RYtw==',
    );
    const logId = 'wNI9atQGlz+VWfO6LRygH4QUfY/8W4RFwiT5i5WRgB0=';
    expect(toBase64(noteKeyIdV1({ spki: p256, algorithm: 'ecdsa-p256' }))).toBe(logId);
    expect(toBase64(noteKeyId('any', { spki: p256, algorithm: 'ecdsa-p256' }))).toBe(logId);
  });

  it('of RSA keys cover name, type and key', () => {
    const spki = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'der', type: 'spki' });
    const expected = createHash('sha256')
      .update('log.example\n')
      .update(Uint8Array.of(0xff))
      .update('PKIX-RSA-PKCS#1v1.5')
      .update(spki)
      .digest('hex');
    expect(toHex(noteKeyId('log.example', { spki, algorithm: 'rsa-2048' }))).toBe(expected);
    expect(toHex(noteKeyIdV1({ spki, algorithm: 'rsa-2048' }))).toBe(createHash('sha256').update(spki).digest('hex'));
  });

  it.each([
    ['dsa-1024', 44],
    ['ed25519', 43],
    ['', 44],
  ])('refuse %j with a key of %i bytes', (algorithm, size) => {
    const key = { spki: new Uint8Array(size), algorithm };
    expect(() => noteKeyId('name', key)).toThrow(expect.objectContaining({ code: 'ERR_UNSUPPORTED' }));
  });
});
