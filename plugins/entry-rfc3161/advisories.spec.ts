import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { PkiFormat } from '@countersign/plugin-api';
import { createPluginApi } from '@countersign/plugin-host';
import { hosted } from '@countersign/plugin-host/testing';
import pkcs7 from '../pki-pkcs7/pkcs7.format.ts';
import { readResponse } from './response.ts';
import rfc3161 from './rfc3161.handler.ts';

const formats: { pkcs7?: PkiFormat } = {};
const api = createPluginApi({ get: () => formats.pkcs7 as PkiFormat, ids: () => ['pkcs7'] });
formats.pkcs7 = pkcs7(api);
const type = rfc3161(api);
const host = hosted(new URL('.', import.meta.url), 'rfc3161', type);
const context = { now: new Date(0) };
const readVector = (name: string) =>
  JSON.parse(readFileSync(new URL(`./vectors/${name}.json`, import.meta.url), 'utf8'));
const specOf = (name: string) => readVector(`accepted/${name}`).proposal.spec;
const responseOf = (name: string) => Buffer.from(specOf(name).tsr.content, 'base64');
const admit = (response: Uint8Array) =>
  type.admit({ tsr: { content: Buffer.from(response).toString('base64') } }, context);

// Other software had these; here they would be the same mistakes.
describe('advisories', () => {
  it('CVE-2026-39984: whoever signed is named, not the first certificate that came along', async () => {
    const { certificates } = readResponse(api, responseOf('other-certificate-first'));
    const { verifiers } = await type.admit(specOf('other-certificate-first'), context);
    const of = (der: Uint8Array = new Uint8Array()) => createHash('sha256').update(der).digest('hex');
    expect(verifiers.map(({ fingerprint }) => fingerprint)).toEqual([of(certificates.at(-1))]);
    expect(certificates).toHaveLength(3);
  });

  it('CVE-2025-52556: the signature is verified', async () => {
    const response = responseOf('ec');
    response[response.length - 1] = (response.at(-1) ?? 0) ^ 1;
    await expect(admit(response)).rejects.toMatchObject({ code: 'ERR_SIGNATURE_INVALID' });
  });

  it('CVE-2025-66564: an object identifier of many arcs is soon refused', async () => {
    const oid = Buffer.alloc(9000, 0x81);
    const length = (bytes: Buffer) => Buffer.from([0x82, bytes.length >> 8, bytes.length & 255]);
    const wrap = (tag: number, bytes: Buffer) => Buffer.concat([Buffer.from([tag]), length(bytes), bytes]);
    for (const fill of [0x81, 0x01]) {
      const token = wrap(0x30, wrap(0x06, Buffer.concat([oid.fill(fill), Buffer.from([1])])));
      const before = process.cpuUsage();
      await expect(admit(wrap(0x30, Buffer.concat([Buffer.from('3003020100', 'hex'), token])))).rejects.toMatchObject({
        code: expect.stringMatching(/^ERR_(MALFORMED|TOO_LARGE)$/),
      });
      expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
    }
  });

  it('CVE-2026-24117: an address in the proposal is not fetched', async () => {
    const spec = { tsr: { content: '', url: 'http://127.0.0.1:9/tsr' } };
    await expect(type.admit(spec, context)).rejects.toMatchObject({ code: 'ERR_ENTRY_INVALID' });
  });

  it('CVE-2022-23649, CVE-2026-22703: another valid entry does not match', async () => {
    const claimsOf = (name: string) => ({
      signature: responseOf(name),
      verifier: readResponse(api, responseOf(name)).certificates[0] ?? new Uint8Array(),
      digest: { algorithm: 'sha256', value: api.crypto.hash('sha256', responseOf(name)) } as const,
    });
    const own = claimsOf('ec');
    const other = claimsOf('rsa');
    await host.matches(specOf('ec'), own);
    for (const part of ['signature', 'verifier', 'digest'] as const) {
      const claims = { ...own, [part]: other[part] };
      await expect(host.matches(specOf('ec'), claims)).rejects.toMatchObject({ code: 'ERR_ENTRY_MISMATCH' });
    }
  });
});
