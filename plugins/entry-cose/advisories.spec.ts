import { readFileSync } from 'node:fs';
import type { JsonObject, PkiFormat } from '@countersign/plugin-api';
import { createPluginApi } from '@countersign/plugin-host';
import { hosted } from '@countersign/plugin-host/testing';
import x509 from '../pki-x509/x509.format.ts';
import cose from './cose.handler.ts';

const formats: { x509?: PkiFormat } = {};
const api = createPluginApi({ get: () => formats.x509 as PkiFormat, ids: () => ['x509'] });
formats.x509 = x509(api);
const type = cose(api);
const host = hosted(new URL('.', import.meta.url), 'cose', type);
const context = { now: new Date(0) };
const readVector = (name: string) =>
  JSON.parse(readFileSync(new URL(`./vectors/accepted/${name}.json`, import.meta.url), 'utf8'));
const { proposal, body } = readVector('es256');
const refuses = (spec: JsonObject, code: string) => expect(type.admit(spec, context)).rejects.toMatchObject({ code });

// Other software had these; here they would be the same mistakes.
describe('advisories', () => {
  it('CVE-2026-23831: a proposal without message, or with an empty one, is a refusal', async () => {
    const { data, publicKey } = JSON.parse(body).spec;
    await refuses({ data, publicKey }, 'ERR_ENTRY_INVALID');
    await refuses({ data, publicKey, message: '' }, 'ERR_ENTRY_INVALID');
    await refuses({ data: {}, publicKey, message: '' }, 'ERR_ENTRY_INVALID');
    await refuses({ publicKey, message: proposal.spec.message }, 'ERR_ENTRY_INVALID');
    for (const empty of ['0oA=', '0oRAoEBA', '0oT29vb2', '0oRAoPZA', '0g==', 'AA==', '\n']) {
      await refuses({ data: {}, publicKey, message: empty }, 'ERR_MALFORMED');
    }
  });

  it('CVE-2026-24117: an address in the proposal is not fetched', async () => {
    const spec = { publicKey: '', publicKeyUrl: 'http://127.0.0.1:9/key', message: proposal.spec.message, data: {} };
    await refuses(spec, 'ERR_ENTRY_INVALID');
  });

  it('CVE-2022-23649, CVE-2026-22703: another valid entry does not match', async () => {
    const claimsOf = (name: string) => {
      const vector = readVector(name);
      const { spec } = JSON.parse(vector.body);
      return {
        signature: Buffer.from(vector.proposal.spec.message, 'base64'),
        verifier: api.encoding.decodePem(Buffer.from(spec.publicKey, 'base64'))[0]?.der ?? new Uint8Array(),
        digest: { algorithm: 'sha256', value: Buffer.from(spec.data.payloadHash.value, 'hex') } as const,
      };
    };
    const { spec } = JSON.parse(body);
    const own = claimsOf('es256');
    const other = claimsOf('cwt-ps256');
    await host.matches(spec, own);
    for (const part of ['signature', 'verifier', 'digest'] as const) {
      const claims = { ...own, [part]: other[part] };
      await expect(host.matches(spec, claims)).rejects.toMatchObject({ code: 'ERR_ENTRY_MISMATCH' });
    }
  });
});
