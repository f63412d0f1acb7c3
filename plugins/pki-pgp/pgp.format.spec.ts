import { readFileSync } from 'node:fs';
import { type PkiMember, type PluginApi, pluginErrorCodes } from '@countersign/plugin-api';
import { testPkiFormat } from '@countersign/plugin-api/testing';
import { createPluginApi } from '@countersign/plugin-host';
import fc from 'fast-check';
import { limits } from './limits.ts';
import pgp from './pgp.format.ts';

const readJson = (name: string) => JSON.parse(readFileSync(new URL(`./vectors/${name}`, import.meta.url), 'utf8'));

/** Made and described by gpg; the canonical forms are what upstream's server stored. */
interface Key {
  readonly name: string;
  readonly file: string;
  readonly canonical: string;
  readonly identities: readonly string[];
  readonly members: readonly PkiMember[];
}
interface Signature {
  readonly name: string;
  readonly key: string;
  readonly file: string;
  readonly canonical: string;
  readonly message: string;
}
const keys: Key[] = readJson('keys.json');
const signatures: Signature[] = readJson('signatures.json');
const other: { foreign: string; clearsigned: string; text: string } = readJson('other.json');
const keyFile = (name: string) => Buffer.from(keys.find((key) => key.name === name)?.file ?? '', 'base64');
const signatureFile = (name: string) => Buffer.from(signatures.find((one) => one.name === name)?.file ?? '', 'base64');
const artifact = { message: Buffer.from('an artifact\n') };

const noPki: PluginApi['pki'] = {
  get(id) {
    throw new Error(`asked for ${id}`);
  },
  ids: () => [],
};
const format = pgp(createPluginApi(noPki));

testPkiFormat('pgp', {
  format,
  keys: keys.map(({ file, canonical, ...key }) => {
    const bytes = Buffer.from(file, 'base64');
    const uncovered = bytes[0] === 0x2d ? [] : uncoveredInKey(bytes);
    return { ...key, bytes, canonical: Buffer.from(canonical), uncovered };
  }),
  signatures: signatures.map(({ name, key, file, canonical, message }) => {
    const bytes = Buffer.from(file, 'base64');
    // What no signature covers of a binary file; armor has a checksum.
    const uncovered = bytes[0] === 0x2d ? [] : placesIn(bytes).flatMap((place) => uncoveredIn(bytes, place));
    return {
      name,
      key,
      bytes,
      canonical: Buffer.from(canonical),
      signed: { message: Buffer.from(message) },
      uncovered,
    };
  }),
  foreignKey: Buffer.from(other.foreign),
});

async function verify(signature: Uint8Array, key: Uint8Array | string, signed: { message: Uint8Array } = artifact) {
  const parsed = await format.parseKey(Buffer.from(key));
  return format.verify({ signed, signature: await format.parseSignature(signature), keys: [parsed] });
}

describe('pgp', () => {
  it('verifies only over the artifact', async () => {
    const keys = [await format.parseKey(keyFile('ed armored'))];
    const signature = await format.parseSignature(signatureFile('ed armored'));
    const signed = { digest: Buffer.alloc(32), hash: 'sha256' } as const;
    await expect(format.verify({ signed, signature, keys })).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
  });

  it('verifies with what another instance has parsed', async () => {
    const { canonical, identities, members } = await format.parseKey(keyFile('sub armored'));
    const key = { canonical, identities, members };
    const signature = { canonical: signatureFile('sub armored') };
    expect(await format.verify({ signed: artifact, signature, keys: [key] })).toMatchObject([{ key }]);
  });

  it('names who signed, and none of the others in the same file', async () => {
    const key = await format.parseKey(keyFile('keyring'));
    expect(key.identities.length).toBeGreaterThan(1);
    const signature = await format.parseSignature(signatureFile('ed binary'));
    const [signer, ...others] = await format.verify({ signed: artifact, signature, keys: [key] });
    const alone = await format.parseKey(keyFile('ed binary'));
    expect(others).toEqual([]);
    expect(signer).toEqual({ ...alone.members[0], identities: alone.identities, key });
  });

  it('wants every signature in a file to be made by one of the keys', async () => {
    const parsed = await Promise.all(['rsa armored', 'ed armored'].map((name) => format.parseKey(keyFile(name))));
    const signature = await format.parseSignature(signatureFile('two'));
    expect(await format.verify({ signed: artifact, signature, keys: parsed })).toMatchObject(
      parsed.map((key) => ({ key })),
    );
    for (const key of parsed) {
      await expect(format.verify({ signed: artifact, signature, keys: [key] })).rejects.toMatchObject({
        code: 'ERR_SIGNATURE_INVALID',
        message: 'openpgp: signature made by unknown entity',
      });
    }
  });

  it('takes line ends of text signatures as the same', async () => {
    const message = Buffer.from(other.text.replace(/\r?\n/g, '\r\n'));
    expect(await verify(signatureFile('text'), keyFile('rsa armored'), { message })).toHaveLength(1);
  });

  it.each([
    ['a file of another type', 'invalid PGP signature: the file is not one block of type PGP SIGNATURE', 'PGP MESSAGE'],
    ['a key', 'invalid PGP signature: the file is not one block of type PGP SIGNATURE', 'PGP PUBLIC KEY BLOCK'],
  ])('refuses %s as a signature', async (_, message, label) => {
    const file = signatureFile('ed armored').toString().replaceAll('PGP SIGNATURE', label);
    await expect(format.parseSignature(Buffer.from(file))).rejects.toMatchObject({ code: 'ERR_MALFORMED', message });
  });

  it.each([
    ['text before it', (file: string) => `signed by nobody\n${file}`],
    ['text after it', (file: string) => `${file}signed by nobody\n`],
    ['another block after it', (file: string) => file + file],
    ['a wrong checksum', (file: string) => file.replace(/^=..../m, '=AAAA')],
    ['no end', (file: string) => file.slice(0, file.indexOf('-----END'))],
    ['no blank line', (file: string) => file.replace('\n\n', '\n')],
  ])('refuses a signature with %s', async (_, change) => {
    const file = change(signatureFile('ed armored').toString());
    await expect(format.parseSignature(Buffer.from(file))).rejects.toMatchObject({ code: 'ERR_MALFORMED' });
  });

  it('keeps an armored signature as it is, with header lines and CRLF', async () => {
    const file = signatureFile('ed armored').toString().replace('\n\n', '\nVersion: 1\nComment: x\n\n');
    const bytes = Buffer.from(file.replaceAll('\n', '\r\n'));
    expect((await format.parseSignature(bytes)).canonical).toEqual(bytes);
    expect(await verify(bytes, keyFile('ed armored'))).toHaveLength(1);
  });

  it('reads armored keys one after the other, with text between them', async () => {
    const file = Buffer.from(`${keyFile('rsa armored')}a comment\n${keyFile('ed armored')}`);
    expect((await format.parseKey(file)).canonical).toEqual((await format.parseKey(keyFile('keyring'))).canonical);
  });

  it('refuses a private key', async () => {
    const file = keyFile('ed armored').toString().replaceAll('PUBLIC', 'PRIVATE');
    await expect(format.parseKey(Buffer.from(file))).rejects.toMatchObject({
      code: 'ERR_MALFORMED',
      message: 'error reading PGP public key: a block of type PGP PRIVATE KEY BLOCK',
    });
    const secret = Buffer.from(keyFile('ed binary'));
    secret[0] = (0x80 | (5 << 2) | ((secret[0] ?? 0) & 3)) & 0xff;
    await expect(format.parseKey(secret)).rejects.toMatchObject({
      message: 'error reading PGP public key: this is a private key',
    });
  });

  it('takes files up to the limits', async () => {
    const key = keyFile('ed armored').toString();
    const signature = signatureFile('ed armored').toString();
    const padded = (file: string, length: number) => Buffer.from(file + '\n'.repeat(length - file.length));
    expect((await format.parseKey(padded(key, limits.keyBytes))).members[0].fingerprint).toHaveLength(40);
    await format.parseSignature(padded(signature, limits.signatureBytes));
    for (const refusal of [
      format.parseKey(padded(key, limits.keyBytes + 1)),
      format.parseSignature(padded(signature, limits.signatureBytes + 1)),
    ]) {
      await expect(refusal).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
    }
  });

  it('takes signatures and packets up to the limits', async () => {
    const signature = signatureFile('ed binary');
    const many = (count: number) => Buffer.concat(Array(count).fill(signature));
    expect(await verify(many(limits.signatures), keyFile('ed armored'))).toHaveLength(1);
    await expect(format.parseSignature(many(limits.signatures + 1))).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
    const others = (count: number) => Buffer.concat([signature, ...Array(count).fill(Buffer.of(0xcc, 0))]);
    await format.parseSignature(others(limits.packets - 1));
    await expect(format.parseSignature(others(limits.packets))).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
  });

  it('refuses by code whatever the packets hold', async () => {
    const packet = fc
      .tuple(fc.constantFrom(2, 5, 6, 8, 11, 13, 14, 17, 30, 60), fc.uint8Array({ maxLength: 150 }))
      .map(([tag, body]) => Buffer.concat([Buffer.of(0xc0 | tag, body.length), body]));
    const known = fc.constantFrom(keyFile('ed binary'), keyFile('sub binary'), signatureFile('ed binary'));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(packet, known), { maxLength: 5 }), async (packets) => {
        const file = Buffer.concat(packets);
        for (const work of [format.parseKey(file), format.parseSignature(file)]) {
          const code = await work.then(
            () => 'ERR_MALFORMED',
            (error) => error.code,
          );
          expect(pluginErrorCodes).toContain(code);
        }
      }),
      { numRuns: 500 },
    );
  });
});

/** A packet of gpg's: where it begins, where its body begins, and where it ends. */
interface Place {
  readonly tag: number;
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

function placesIn(file: Buffer): Place[] {
  const places: Place[] = [];
  for (let start = 0; start < file.length; start = places.at(-1)?.end ?? file.length) {
    const header = file[start] ?? 0;
    const lengthBytes = 1 << (header & 3);
    const body = start + 1 + lengthBytes;
    places.push({ tag: (header >> 2) & 15, start, body, end: body + file.readUIntBE(start + 1, lengthBytes) });
  }
  return places;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, at) => from + at);
}

/**
 * Positions in a signature that no signature covers: unhashed subpackets, the digest's first bytes, the bit counts
 * of the numbers.
 */
function uncoveredIn(file: Buffer, { body, end }: Place): number[] {
  const unhashed = body + 6 + file.readUInt16BE(body + 4);
  const numbers = unhashed + 4 + file.readUInt16BE(unhashed);
  const found = range(unhashed, numbers);
  for (let at = numbers; at < end; at += 2 + Math.ceil(file.readUInt16BE(at) / 8)) found.push(at, at + 1);
  return found;
}

/**
 * Positions in a key file that may change and leave the key: the same of every signature in it, and each of several
 * user ids with all that follows it, since one that does not hold together is left out.
 */
function uncoveredInKey(file: Buffer): number[] {
  const places = placesIn(file);
  const several = places.filter(({ tag }) => tag === 13).length > 1;
  let inUserId = false;
  return places.flatMap((place) => {
    inUserId = place.tag === 13 || (inUserId && place.tag === 2);
    if (inUserId && several) return range(place.start, place.end);
    return place.tag === 2 ? uncoveredIn(file, place) : [];
  });
}
