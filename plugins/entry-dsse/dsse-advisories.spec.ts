import { generateKeyPairSync, sign } from 'node:crypto';
import { pluginErrorCodes } from '@countersign/plugin-api';
import { pluginApiWith } from '@countersign/plugin-host/testing';
import x509 from '../pki-x509/x509.format.ts';
import dsse from './dsse.handler.ts';
import { makeSigner, proposal, sealed } from './signed.fixture.ts';

const type = dsse(pluginApiWith({ x509 }));
const admit = (spec: object) => type.admit(spec as never, { now: new Date(0) });
const inToto = 'application/vnd.in-toto+json';
const signer = makeSigner();
const other = makeSigner();
const good = sealed(inToto, '{}', [signer]);
const withEnvelope = (envelope: unknown, ...keys: readonly string[]) => ({
  proposedContent: { envelope: JSON.stringify(envelope), verifiers: keys.length > 0 ? keys : [signer.publicKey] },
});

describe('DSSE envelopes', () => {
  it('are what these tests write', async () => {
    expect((await admit(withEnvelope(good))).verifiers).toHaveLength(1);
  });

  it('CVE-2023-33199: an envelope that lacks a part, or holds null, is refused and stops nothing', async () => {
    for (const part of [undefined, null]) {
      for (const name of Object.keys(good)) {
        await expect(admit(withEnvelope({ ...good, [name]: part }))).rejects.toMatchObject({ code: 'ERR_MALFORMED' });
      }
      for (const signatures of [[part], [{ sig: part }], [{}], [...good.signatures, part]]) {
        const { code } = await admit(withEnvelope({ ...good, signatures })).catch((error) => error);
        expect(pluginErrorCodes).toContain(code);
      }
    }
    for (const statement of [
      '',
      'null',
      '{"subject":null}',
      '{"subject":[null]}',
      '{"predicate":null}',
      '{"subject"',
    ]) {
      expect((await admit(proposal(inToto, statement, [signer]))).indexKeys).toHaveLength(3);
    }
  });

  it('sigstore-js core 3.2.1: what is signed holds the type as UTF-8, and its length in bytes', async () => {
    const payloadType = 'text/plain; ñ😀';
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const key = Buffer.from(publicKey.export({ format: 'pem', type: 'spki' })).toString('base64');
    const signed = (pae: Uint8Array) =>
      withEnvelope(
        { payloadType, payload: 'eA==', signatures: [{ sig: sign(null, pae, privateKey).toString('base64') }] },
        key,
      );
    const utf8 = Buffer.from(`DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} 1 x`);
    expect((await admit(signed(utf8))).verifiers).toHaveLength(1);
    for (const encoding of ['latin1', 'ascii', 'utf16le'] as const) {
      const type = Buffer.from(payloadType, encoding);
      const pae = Buffer.concat([Buffer.from(`DSSEv1 ${type.length} `), type, Buffer.from(' 1 x')]);
      await expect(admit(signed(pae))).rejects.toMatchObject({ code: 'ERR_SIGNATURE_INVALID' });
    }
    const characters = Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} 1 x`);
    await expect(admit(signed(characters))).rejects.toMatchObject({ code: 'ERR_SIGNATURE_INVALID' });
    const lone = JSON.stringify(withEnvelope({ ...good, payloadType: '\ud800' }));
    await expect(admit(JSON.parse(lone))).rejects.toMatchObject({ code: 'ERR_MALFORMED' });
  });

  it('CVE-2022-35929: one good signature does not stand for another that is wrong or for another payload type', async () => {
    const envelope = sealed(inToto, '{}', [signer, other]);
    const [first, second] = envelope.signatures;
    const keys = [signer.publicKey, other.publicKey] as const;
    expect((await admit(withEnvelope(envelope, ...keys))).verifiers).toHaveLength(2);
    const refused = { code: 'ERR_SIGNATURE_INVALID' };
    const wrong = { sig: other.sign('text/plain', '{}') };
    await expect(admit(withEnvelope({ ...envelope, signatures: [first, wrong] }, ...keys))).rejects.toMatchObject(
      refused,
    );
    await expect(admit(withEnvelope({ ...envelope, signatures: [first, second] }, keys[0]))).rejects.toMatchObject(
      refused,
    );
    await expect(admit(withEnvelope({ ...envelope, payloadType: 'text/plain' }, ...keys))).rejects.toMatchObject(
      refused,
    );
  });

  it('CVE-2026-49834, of counting: a second signature needs a second key', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = Buffer.from(publicKey.export({ format: 'pem', type: 'spki' })).toString('base64');
    const pae = Buffer.from('DSSEv1 1 t 1 x');
    const signatures = [0, 1].map(() => ({ sig: sign('sha256', pae, privateKey).toString('base64') }));
    const envelope = { payloadType: 't', payload: 'eA==', signatures };
    await expect(admit(withEnvelope(envelope, key, key))).rejects.toMatchObject({ code: 'ERR_SIGNATURE_INVALID' });
    expect((await admit(withEnvelope({ ...envelope, signatures: signatures.slice(1) }, key))).verifiers).toHaveLength(
      1,
    );
  });

  it('CVE-2026-24117: nothing that a client names is fetched', async () => {
    const spec = { ...withEnvelope(good), url: 'http://127.0.0.1:1/', publicKey: { url: 'http://127.0.0.1:1/' } };
    expect((await admit(spec)).spec).toEqual((await admit(withEnvelope(good))).spec);
  });
});
