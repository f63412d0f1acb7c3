import { readFileSync } from 'node:fs';
import { hosted, pluginApiWith } from '@countersign/plugin-host/testing';
import pgp from '../pki-pgp/pgp.format.ts';
import helm from './helm.handler.ts';

const type = helm(pluginApiWith({ pgp }));
const host = hosted(new URL('.', import.meta.url), 'helm', type);
const context = { now: new Date(0) };
const readVector = (name: string) =>
  JSON.parse(readFileSync(new URL(`./vectors/accepted/${name}.json`, import.meta.url), 'utf8'));
const { proposal, body } = readVector('ed-gpg');
const { publicKey, chart } = proposal.spec;
const file: string = Buffer.from(chart.provenance.content, 'base64').toString('latin1');
const admit = (text: string) =>
  type.admit(
    { chart: { provenance: { content: Buffer.from(text, 'latin1').toString('base64') } }, publicKey },
    context,
  );

// Other software had these; here they would be the same mistakes.
describe('advisories', () => {
  it('CVE-2025-47934, CVE-2023-41037: what is read is what was signed', async () => {
    const files = `files:\n  hello-0.1.0.tgz: sha256:${'00'.repeat(32)}\n`;
    const begin = '-----BEGIN PGP SIGNED MESSAGE-----\n';
    for (const text of [
      `...\n${files}\n${file}`,
      `${begin}\n\n...\n${files}${file}`,
      `${file}\n...\n${files}`,
      file.replace('Hash: SHA256\n', `Hash: SHA256\n...\n${files}`),
      file.replace('Hash: SHA256\n', `Hash: SHA256\r...\r${files.replaceAll('\n', '\r')}\n`),
      file.replace('\n...\n', `\n...\n${files}\n...\n`),
      file.replace('\n-----BEGIN PGP SIGNATURE-----', `\n${files}-----BEGIN PGP SIGNATURE-----`),
    ]) {
      expect(text).not.toBe(file);
      await expect(admit(text)).rejects.toMatchObject({
        code: expect.stringMatching(/^ERR_(MALFORMED|SIGNATURE_INVALID)$/),
      });
    }
  });

  it('CVE-2026-24117: an address in the proposal is not fetched', async () => {
    const url = 'http://127.0.0.1:9/hello-0.1.0.tgz.prov';
    await expect(type.admit({ chart: { provenance: { url } }, publicKey }, context)).rejects.toMatchObject({
      code: 'ERR_ENTRY_INVALID',
    });
  });

  it('CVE-2022-23649, CVE-2026-22703: another valid entry does not match', async () => {
    const claimsOf = (text: string) => {
      const { spec } = JSON.parse(text);
      return {
        signature: Buffer.from(spec.chart.provenance.signature.content, 'base64'),
        verifier: Buffer.from(spec.publicKey.content, 'base64'),
        digest: { algorithm: 'sha256', value: Buffer.from(spec.chart.hash.value, 'hex') } as const,
      };
    };
    const { spec } = JSON.parse(body);
    const own = claimsOf(body);
    const other = claimsOf(readVector('rsa-helm').body);
    await host.matches(spec, own);
    for (const part of ['signature', 'verifier', 'digest'] as const) {
      const claims = { ...own, [part]: other[part] };
      await expect(host.matches(spec, claims)).rejects.toMatchObject({ code: 'ERR_ENTRY_MISMATCH' });
    }
  });
});
