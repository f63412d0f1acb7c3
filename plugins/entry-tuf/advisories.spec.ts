import { readFileSync } from 'node:fs';
import type { JsonObject, PkiFormat } from '@countersign/plugin-api';
import { createPluginApi } from '@countersign/plugin-host';
import { hosted } from '@countersign/plugin-host/testing';
import pkiTuf from '../pki-tuf/tuf.format.ts';
import tuf from './tuf.handler.ts';

const formats: { tuf?: PkiFormat } = {};
const api = createPluginApi({ get: () => formats.tuf as PkiFormat, ids: () => ['tuf'] });
formats.tuf = pkiTuf(api);
const type = tuf(api);
const host = hosted(new URL('.', import.meta.url), 'tuf', type);
const context = { now: new Date('2026-11-21T00:00:00Z') };
const readVector = (name: string) =>
  JSON.parse(readFileSync(new URL(`./vectors/${name}.json`, import.meta.url), 'utf8'));
const specIn = (file: string, named: string): JsonObject =>
  readVector(file).find(({ name }: { name: string }) => name === named).spec;
const { proposal, body } = readVector('accepted/two-of-three');
const { metadata, root } = proposal.spec;
const refuses = (spec: JsonObject, code: string) => expect(type.admit(spec, context)).rejects.toMatchObject({ code });

// Other software had these; here they would be the same mistakes.
describe('advisories', () => {
  it.each([
    ['refused', 'one key under two key IDs'],
    ['departures', 'one key written in two ways'],
  ])('GHSA-3633-5h82-39pq: %s: %s counts once', async (file, name) => {
    await refuses(specIn(file, name), 'ERR_SIGNATURE_INVALID');
  });

  it.each([
    'a threshold of zero',
    'a threshold of zero for root',
    'a threshold below zero',
  ])('CVE-2026-23992: %s is none', async (name) => {
    await refuses(specIn('refused', name), 'ERR_MALFORMED');
  });

  it('CVE-2020-6174: a signature that is there twice counts once', async () => {
    await refuses(specIn('refused', 'one signature twice'), 'ERR_SIGNATURE_INVALID');
  });

  it('CVE-2020-6173: signatures are few', async () => {
    const [signature] = metadata.content.signatures;
    const many = { signed: metadata.content.signed, signatures: Array.from({ length: 1000 }, () => signature) };
    await refuses({ metadata: { content: many }, root }, 'ERR_TOO_LARGE');
    await refuses({ metadata, root: { content: { ...root.content, signatures: many.signatures } } }, 'ERR_TOO_LARGE');
  });

  it('CVE-2026-23991: a part that is absent or of another type is a refusal', async () => {
    for (const value of [undefined, null, '', [], {}, 0, 'x', [null], [[]], { signed: null }]) {
      for (const name of ['signed', 'signatures']) {
        const content = JSON.parse(JSON.stringify({ ...metadata.content, [name]: value }));
        const code = expect.stringMatching(/^ERR_(MALFORMED|SIGNATURE_INVALID)$/);
        await refuses({ metadata: { content }, root }, code);
        await refuses({ metadata, root: { content } }, code);
      }
    }
  });

  it('CVE-2026-24137, CVE-2026-24686: no name is a path, and no role is one that TUF does not have', async () => {
    await refuses(specIn('refused', 'an unknown role'), 'ERR_SIGNATURE_INVALID');
    await refuses(specIn('refused', 'a delegated role in the root'), 'ERR_SIGNATURE_INVALID');
  });

  it('CVE-2022-23649, CVE-2026-22703: another valid entry does not match', async () => {
    const claimsOf = (text: string) => {
      const { spec } = JSON.parse(text);
      const signature = Buffer.from(spec.metadata.content, 'base64');
      return {
        signature,
        verifier: Buffer.from(spec.root.content, 'base64'),
        digest: { algorithm: 'sha256', value: api.crypto.hash('sha256', signature) } as const,
      };
    };
    const { spec } = JSON.parse(body);
    const own = claimsOf(body);
    const other = claimsOf(readVector('accepted/rsa-snapshot').body);
    await host.matches(spec, own);
    for (const part of ['signature', 'verifier', 'digest'] as const) {
      const claims = { ...own, [part]: other[part] };
      await expect(host.matches(spec, claims)).rejects.toMatchObject({ code: 'ERR_ENTRY_MISMATCH' });
    }
  });
});
