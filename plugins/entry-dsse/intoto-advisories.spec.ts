import { generateKeyPairSync, sign } from 'node:crypto';
import { pluginErrorCodes } from '@countersign/plugin-api';
import { v1, v2 } from './intoto-versions.fixture.ts';
import { base64, makeSigner, type Sealed, sealed, specV001, specV002 } from './signed.fixture.ts';

const inToto = 'application/vnd.in-toto+json';
const signer = makeSigner();
const other = makeSigner();
const both = [signer.publicKey, other.publicKey];
const good = sealed(inToto, '{}', [signer]);
const codeV1 = async (envelope: unknown, key = signer.publicKey) => (await v1.refusal(specV001(envelope, key))).code;
const codeV2 = async (envelope: Sealed, keys: readonly string[] = both) =>
  (await v2.refusal(specV002(envelope, keys))).code;

describe('in-toto attestations', () => {
  it('are what these tests write', async () => {
    expect(await codeV1(good)).toBe('none');
    expect(await codeV2(good)).toBe('none');
  });

  it('CVE-2023-33199: an envelope that lacks a part, or holds null, is refused and stops nothing', async () => {
    const refusals = [...pluginErrorCodes, 'ERR_SCHEMA'];
    for (const part of [undefined, null]) {
      for (const name of Object.keys(good)) {
        expect(await codeV1({ ...good, [name]: part })).toBe('ERR_MALFORMED');
        const spec = structuredClone(specV002(good, both)) as { content: { envelope: Record<string, unknown> } };
        spec.content.envelope[name] = part;
        expect(refusals).toContain((await v2.refusal(spec as never)).code);
      }
      for (const signatures of [[part], [{ sig: part }], [{}], [...good.signatures, part]]) {
        expect(await codeV1({ ...good, signatures })).toBe('ERR_MALFORMED');
      }
      for (const name of ['sig', 'publicKey']) {
        const spec = structuredClone(specV002(good, both));
        const [signature] = spec.content.envelope.signatures as Record<string, unknown>[];
        if (signature !== undefined) signature[name] = part;
        expect((await v2.refusal(spec as never)).code).toBe('ERR_SCHEMA');
      }
    }
    for (const statement of ['null', '{"subject":null}', '{"subject":[null]}', '{"predicate":null}', '{"subject"']) {
      expect(await codeV1(sealed(inToto, statement, [signer]))).toBe('none');
      expect(await codeV2(sealed(inToto, statement, [signer]))).toBe('none');
    }
  });

  it('sigstore-js core 3.2.1: what is signed holds the type as UTF-8, and its length in bytes', async () => {
    const payloadType = 'text/plain; ñ😀';
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const key = base64(publicKey.export({ format: 'pem', type: 'spki' }));
    const codes = async (pae: Uint8Array) => {
      const envelope = { payloadType, payload: 'eA==', signatures: [{ sig: base64(sign(null, pae, privateKey)) }] };
      return [await codeV1(envelope, key), await codeV2(envelope, [key])];
    };
    const utf8 = Buffer.from(`DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} 1 x`);
    expect(await codes(utf8)).toEqual(['none', 'none']);
    const latin1 = Buffer.from(payloadType, 'latin1');
    for (const pae of [
      Buffer.concat([Buffer.from(`DSSEv1 ${latin1.length} `), latin1, Buffer.from(' 1 x')]),
      Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} 1 x`),
    ]) {
      expect(await codes(pae)).toEqual(['ERR_SIGNATURE_INVALID', 'ERR_SIGNATURE_INVALID']);
    }
    expect(await codeV1({ ...good, payloadType: '\ud800' })).toBe('ERR_MALFORMED');
    expect(await codeV2({ ...good, payloadType: '\ud800' })).toBe('ERR_MALFORMED');
  });

  it('CVE-2022-35929: one good signature does not stand for another that is wrong or for another payload type', async () => {
    const envelope = sealed(inToto, '{}', [signer, other]);
    expect(await codeV2(envelope)).toBe('none');
    const [first] = envelope.signatures;
    const wrong = { sig: other.sign('text/plain', '{}') };
    expect(await codeV2({ ...envelope, signatures: first ? [first, wrong] : [] })).toBe('ERR_SIGNATURE_INVALID');
    expect(await codeV2({ ...envelope, payloadType: 'text/plain' })).toBe('ERR_SIGNATURE_INVALID');
    expect(await codeV1({ ...envelope, payloadType: 'text/plain' })).toBe('ERR_SIGNATURE_INVALID');
    expect(await codeV1({ ...good, signatures: [wrong] }, other.publicKey)).toBe('ERR_SIGNATURE_INVALID');
  });

  it('CVE-2026-22703, of binding: each signature is logged with the key that made it', async () => {
    const envelope = sealed(inToto, '{}', [signer, other]);
    expect(await codeV2(envelope, both.toReversed())).toBe('ERR_SIGNATURE_INVALID');
    expect(await codeV2(envelope, [signer.publicKey, signer.publicKey])).toBe('ERR_SIGNATURE_INVALID');
  });

  it('CVE-2026-24117: nothing that a client names is fetched', async () => {
    const spec = { ...specV001(good, signer.publicKey), url: 'http://127.0.0.1:1/' };
    const { written } = v1;
    expect((await written(spec)).body).toEqual((await written({ ...spec, url: '' })).body);
  });
});
