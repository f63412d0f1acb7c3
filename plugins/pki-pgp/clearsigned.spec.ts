import { readFileSync } from 'node:fs';
import type { PluginApi } from '@countersign/plugin-api';
import { createPluginApi } from '@countersign/plugin-host';
import pgp from './pgp.format.ts';

const vectors = new URL('./vectors/', import.meta.url);
const readJson = (name: string) => JSON.parse(readFileSync(new URL(name, vectors), 'utf8'));
const { clearsigned }: { clearsigned: string } = readJson('other.json');
const keys: { name: string; file: string }[] = readJson('keys.json');

const format = pgp(createPluginApi({} as PluginApi['pki']));
const parse = (file: string) => format.parseSignature(Buffer.from(file, 'latin1'));

describe('clearsigned text', () => {
  it('is the bytes that were hashed, and verifies as those alone', async () => {
    const signature = await parse(clearsigned);
    expect(Buffer.from(signature.message ?? []).toString()).toBe('one\r\ntwo\r\nthree\r\nlast');
    const key = await format.parseKey(Buffer.from(keys[0]?.file ?? '', 'base64'));
    const verify = (message: Uint8Array) => format.verify({ signed: { message }, signature, keys: [key] });
    expect(await verify(signature.message ?? Buffer.of())).toMatchObject([{ key }]);
    for (const text of ['one\ntwo\nthree\nlast', 'one\r\ntwo\r\nthree\r\nlast\r\n', '']) {
      await expect(verify(Buffer.from(text))).rejects.toMatchObject({ code: 'ERR_SIGNATURE_INVALID' });
    }
  });

  it('is logged as its signature alone', async () => {
    const { canonical, message } = await parse(clearsigned);
    expect(Buffer.from(canonical).toString()).toMatch(/^-----BEGIN PGP SIGNATURE-----\n\n/);
    const key = await format.parseKey(Buffer.from(keys[0]?.file ?? '', 'base64'));
    const signature = await format.parseSignature(canonical);
    const signed = { message: message ?? Buffer.of() };
    expect(await format.verify({ signed, signature, keys: [key] })).toMatchObject([{ key }]);
  });

  it('has its dashes unescaped', async () => {
    const { message } = await parse(clearsigned.replace('\none\n', '\n- - one\n- -----BEGIN\n'));
    expect(Buffer.from(message ?? []).toString()).toMatch(/^- one\r\n-----BEGIN\r\ntwo/);
  });

  it.each([
    ['text before it', (file: string) => `seen, not signed\n${file}`],
    ['text after it', (file: string) => `${file}seen, not signed\n`],
    ['a header line but Hash', (file: string) => file.replace('\nHash:', '\nSeen: not signed\nHash:')],
    ['text among the header lines', (file: string) => file.replace('\nHash:', '\nseen, not signed\nHash:')],
    ['text after a Hash header', (file: string) => file.replace(/\nHash: (.*)/, '\nHash: $1\\nseen, not signed')],
    ['space that hides text in a header', (file: string) => file.replace(/\nHash: (.*)/, '\nHash: $1 seen not signed')],
    ['a bare dash', (file: string) => file.replace('\none\n', '\n-one\n')],
    ['a second signature block', (file: string) => file + file.slice(file.indexOf('-----BEGIN PGP SIGNATURE'))],
    ['no signature', (file: string) => file.slice(0, file.indexOf('-----BEGIN PGP SIGNATURE'))],
    ['no blank line', (file: string) => file.replace('\n\n', '\n')],
  ])('CVE-2023-41037, CVE-2025-47934: what was not hashed is not seen as signed: refused with %s', async (_, change) => {
    expect(change(clearsigned)).not.toBe(clearsigned);
    await expect(parse(change(clearsigned))).rejects.toMatchObject({ code: 'ERR_MALFORMED' });
  });
});
