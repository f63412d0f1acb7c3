import { readFileSync } from 'node:fs';
import { hosted, pluginApiWith } from '@countersign/plugin-host/testing';
import pgp from '../pki-pgp/pgp.format.ts';
import { limits } from './limits.ts';
import { indexEntry, rawHeader, writePackage } from './package.fixture.ts';
import rpm from './rpm.handler.ts';

const type = rpm(pluginApiWith({ pgp }));
const host = hosted(new URL('.', import.meta.url), 'rpm', type);
const context = { now: new Date(0) };
const { proposal, body } = JSON.parse(
  readFileSync(new URL('./vectors/accepted/ed-plain.json', import.meta.url), 'utf8'),
);
const { publicKey } = proposal.spec;
const admit = (file: Uint8Array) =>
  type.admit({ package: { content: Buffer.from(file).toString('base64') }, publicKey }, context);

// Other types had these; here they would be the same mistakes.
describe('advisories', () => {
  it('CVE-2023-30551, CVE-2026-48702: nothing takes the room that a package says it needs', async () => {
    const header = rawHeader([], new Uint8Array(), { bytes: 0xffffffff });
    const before = process.memoryUsage().arrayBuffers;
    await expect(admit(writePackage(header, header, new Uint8Array()))).rejects.toMatchObject({
      code: 'ERR_MALFORMED',
    });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
  });

  it('CVE-2024-45395: many fields over one store do not multiply its length', async () => {
    const store = Buffer.alloc(16 * 1024);
    const index = Array.from({ length: limits.headerFields }, (_, at) => indexEntry(1000 + at, 8, 0, store.length));
    const file = writePackage(rawHeader([], new Uint8Array()), rawHeader(index, store), new Uint8Array());
    await expect(admit(file)).rejects.toMatchObject({ code: 'ERR_MALFORMED' });
  });

  it('CVE-2026-24117: an address in the proposal is not fetched', async () => {
    const url = 'http://127.0.0.1:9/package.rpm';
    const { content, ...rest } = proposal.spec.package;
    expect(content).toBeDefined();
    await expect(type.admit({ package: { url }, publicKey: { ...publicKey, url } }, context)).rejects.toMatchObject({
      code: 'ERR_ENTRY_INVALID',
    });
    await expect(type.admit({ package: { ...rest, url }, publicKey }, context)).rejects.toMatchObject({
      code: 'ERR_ENTRY_INVALID',
    });
  });

  it('CVE-2022-23649, CVE-2026-22703: no entry matches, as none keeps a signature', async () => {
    const { spec } = JSON.parse(body);
    const verifier = Buffer.from(spec.publicKey.content, 'base64');
    const value = Buffer.from(spec.package.hash.value, 'hex');
    const signature = new Uint8Array();
    await expect(
      host.matches(spec, { signature, verifier, digest: { algorithm: 'sha256', value } }),
    ).rejects.toMatchObject({ code: 'ERR_ENTRY_MISMATCH' });
  });
});
