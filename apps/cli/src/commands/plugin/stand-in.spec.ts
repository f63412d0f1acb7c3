import { generateKeyPairSync, sign } from 'node:crypto';
import type { JsonValue, PluginApi } from '@countersign/plugin-api';
import { standInApi } from '@countersign/plugin-api/testing';
import { createPluginApi } from '@countersign/plugin-host';
import fc from 'fast-check';

// The kit's stand-in must not disagree with what a node hands to a plugin. This is the lowest place that sees both.
const real = createPluginApi({ get: () => standInApi().pki.get('x509'), ids: () => ['x509'] });
const standIn = standInApi();

/** What a call comes to: bytes as hex, a refusal as its code. */
function outcome(call: () => unknown): unknown {
  try {
    return JSON.stringify(call(), (_, value) =>
      value?.type === 'Buffer' ? Buffer.from(value).toString('hex') : value,
    );
  } catch (error) {
    return (error as { readonly code?: unknown }).code;
  }
}

function agree(call: (api: PluginApi) => unknown): void {
  const plain = (value: unknown) => (ArrayBuffer.isView(value) ? Buffer.from(value as Uint8Array) : value);
  expect(outcome(() => plain(call(standIn)))).toEqual(outcome(() => plain(call(real))));
}

const messages = fc.uint8Array({ maxLength: 200 });

describe('the stand-in', () => {
  it('encodes as a node does', () => {
    fc.assert(
      fc.property(messages, fc.base64String(), fc.string(), fc.jsonValue(), (bytes, base64, text, json) => {
        agree(({ encoding }) => encoding.toBase64(bytes));
        agree(({ encoding }) => encoding.toHex(bytes));
        agree(({ encoding }) => encoding.fromBase64(base64));
        for (const odd of [text, base64.replace(/=+$/, ''), `${base64}\n`]) {
          agree(({ encoding }) => encoding.fromBase64(odd));
          agree(({ encoding }) => encoding.fromHex(odd));
        }
        agree(({ encoding }) => encoding.fromHex(Buffer.from(bytes).toString('hex').toUpperCase()));
        agree(({ encoding }) => encoding.canonicalJson(json as JsonValue));
        agree(({ crypto }) => crypto.hash('sha384', bytes));
      }),
    );
  });

  it('reads and writes PEM as a node does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.string(), (der, junk) => {
        agree(({ encoding }) => encoding.encodePem('PUBLIC KEY', der));
        const pem = real.encoding.encodePem('PUBLIC KEY', der);
        const plain = (api: PluginApi, text: string) =>
          api.encoding.decodePem(text).map(({ label, der }) => [label, Buffer.from(der).toString('hex')]);
        agree((api) => plain(api, pem + pem));
        agree((api) => plain(api, `${junk}x${pem}`));
      }),
    );
  });

  it.each([
    ['ed25519', generateKeyPairSync('ed25519'), null],
    ['ecdsa-p256', generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'sha256'],
    ['ecdsa-p384', generateKeyPairSync('ec', { namedCurve: 'P-384' }), 'sha256'],
    ['rsa-2048', generateKeyPairSync('rsa', { modulusLength: 2048 }), 'sha256'],
  ])('reads keys and verifies messages as a node does: %s', (algorithm, { publicKey, privateKey }, hash) => {
    const spki = publicKey.export({ format: 'der', type: 'spki' });
    const message = Buffer.from('message');
    const signature = sign(hash, message, privateKey);
    expect(standIn.crypto.parseSpki(spki).algorithm).toBe(algorithm);
    agree(({ crypto }) => crypto.parseSpki(spki).algorithm);
    agree(({ crypto }) => crypto.parseSpki(spki.subarray(1)));
    for (const other of [message, Buffer.from('another')]) {
      agree(({ crypto }) => crypto.verify(crypto.parseSpki(spki), { message: other }, signature));
    }
    expect(standIn.crypto.verify(standIn.crypto.parseSpki(spki), { message }, signature)).toBe(true);
  });

  it('says what it does not have', () => {
    expect(() => standIn.encoding.readDer(new Uint8Array())).toThrow(/no readDer: use `countersign plugin check`/);
    const digest = { digest: new Uint8Array(32), hash: 'sha256' } as const;
    const key = { spki: new Uint8Array(), algorithm: 'ed25519' };
    expect(() => standIn.crypto.verify(key, digest, new Uint8Array())).toThrow(/no verify over a digest/);
    expect(() => standIn.pki.get('ink')).toThrow(expect.objectContaining({ code: 'ERR_UNSUPPORTED' }));
    expect(standIn.pki.ids()).toEqual(['x509']);
  });
});
