import { readFileSync } from 'node:fs';
import type { JsonObject, PkiMember, PkiSigner, PluginApi } from '@countersign/plugin-api';
import { testPkiFormat } from '@countersign/plugin-api/testing';
import { createPluginApi } from '@countersign/plugin-host';
import fc from 'fast-check';
import { limits } from './limits.ts';
import { keyOf, makeSigner, rootBy, type Signer, signFile, targets } from './tuf.fixture.ts';
import tuf from './tuf.format.ts';

/** Made by python-tuf; the canonical forms are upstream's. */
interface Repository {
  readonly name: string;
  readonly root: { readonly file: string; readonly canonical: string; readonly members: readonly PkiMember[] };
  readonly metadata: readonly { readonly name: string; readonly file: string; readonly canonical: string }[];
}
const repositories: Repository[] = JSON.parse(
  readFileSync(new URL('./vectors/repositories.json', import.meta.url), 'utf8'),
);

const noPki: PluginApi['pki'] = {
  get(id) {
    throw new Error(`asked for ${id}`);
  },
  ids: () => [],
};
const api = createPluginApi(noPki);
const format = tuf(api);
const bytesOf = (text: string) => Buffer.from(text);
const textOf = (file: string) => {
  // No line breaks and no control characters in these: both kinds of canonical JSON are the same.
  const { signed } = JSON.parse(file);
  return Buffer.from(api.encoding.canonicalJson(signed));
};

const own = [makeSigner('a'), makeSigner('b', 'ec'), makeSigner('c', 'rsa')] as const;
const stranger = makeSigner('x');
const foreignRoot = signFile(rootBy([stranger], 1), [stranger]);

testPkiFormat('tuf', {
  format,
  keys: repositories.map(({ name, root }) => ({
    name,
    bytes: bytesOf(root.file),
    canonical: bytesOf(root.canonical),
    identities: [],
    members: root.members,
  })),
  signatures: repositories.flatMap(({ name, metadata }) =>
    metadata.map(({ name: role, file, canonical }) => ({
      name: `${name} ${role}`,
      key: name,
      bytes: bytesOf(file),
      canonical: bytesOf(canonical),
      signed: { message: textOf(file) },
    })),
  ),
  foreignKey: foreignRoot,
});

/** A root's keys sign together: the roots, each once. */
const rootsOf = (signers: readonly PkiSigner[]) => [...new Set(signers.map(({ key }) => key))];

async function check(
  root: Uint8Array,
  file: Uint8Array,
  { at, message = file }: { at?: Date; message?: Uint8Array } = {},
) {
  const keys = [await format.parseKey(root)];
  const signature = await format.parseSignature(file);
  const signers = await format.verify({ signed: { message }, signature, keys, ...(at && { at }) });
  expect(rootsOf(signers)).toEqual(keys);
}

const invalid = (message?: string) => ({
  code: 'ERR_SIGNATURE_INVALID',
  message: expect.stringContaining(message ?? ''),
});

describe('a root', () => {
  it('needs as many keys as it says, of any type', async () => {
    const [a, b, c] = own;
    const signed = rootBy(own, 2);
    for (const two of [[a, b], [b, c], [c, a], own]) await format.parseKey(signFile(signed, two));
    for (const one of own) {
      await expect(format.parseKey(signFile(signed, [one]))).rejects.toMatchObject(
        invalid('root is signed by 1 of the 2 keys it takes'),
      );
    }
    await expect(format.parseKey(signFile(signed, []))).rejects.toMatchObject(invalid('by 0 of the 2'));
  });

  it('GHSA-3633-5h82-39pq, PYSEC-2020-145: counts a key once, however often it signs and under however many IDs', async () => {
    const [a] = own;
    const alias: Signer = { ...a, id: 'alias' };
    await expect(format.parseKey(signFile(rootBy([a, alias], 2), [a, alias]))).rejects.toMatchObject(
      invalid('1 of the 2'),
    );
    await expect(format.parseKey(signFile(rootBy(own, 2), [a, a]))).rejects.toMatchObject(invalid('1 of the 2'));
    // The same key once more, its hex in the other case: another key ID by any computation.
    const upper = JSON.parse(JSON.stringify(keyOf(a)));
    upper.keyval.public = upper.keyval.public.toUpperCase();
    const signed = rootBy([a, alias], 2, { keys: { a: keyOf(a), alias: upper } });
    await expect(format.parseKey(signFile(signed, [a, alias]))).rejects.toMatchObject(invalid('1 of the 2'));
  });

  it.each([
    0,
    -1,
    1.5,
    '1',
    null,
    undefined,
  ])('CVE-2026-23992: is refused with a threshold of %p in any role', async (threshold) => {
    const [a] = own;
    const role = { keyids: ['a'], threshold: 1 };
    const signed = rootBy([a], 1, { roles: { root: role, other: { ...role, threshold } as JsonObject } });
    const file = signFile(JSON.parse(JSON.stringify(signed).replace('1.5', '15')), [a]);
    const text = threshold === 1.5 ? file.toString().replace('15', '1.5') : file.toString();
    await expect(format.parseKey(bytesOf(text))).rejects.toMatchObject({ code: 'ERR_MALFORMED' });
  });

  it('takes ECDSA keys under the older name, and as the hex of a point', async () => {
    const [, b] = own;
    const point = b.publicKey.export({ type: 'spki', format: 'der' }).subarray(-65).toString('hex');
    for (const keytype of ['ecdsa', 'ecdsa-sha2-nistp256']) {
      for (const key of [
        { ...keyOf(b), keytype },
        { keytype, scheme: '', keyval: { public: point } },
      ]) {
        const parsed = await format.parseKey(signFile(rootBy([b], 1, { keys: { b: key } }), [b]));
        expect(parsed.members.map(({ algorithm }) => algorithm)).toEqual(['ecdsa-p256']);
      }
    }
  });

  it.each<[string, JsonObject, string]>([
    ['another type', { keytype: 'sigstore-oidc', keyval: { public: 'x' } }, 'ERR_UNSUPPORTED'],
    ['no type', { keyval: { public: 'x' } }, 'ERR_UNSUPPORTED'],
    ['a short Ed25519 key', { keytype: 'ed25519', keyval: { public: '00' } }, 'ERR_MALFORMED'],
    ['an RSA key called ECDSA', { ...keyOf(own[2]), keytype: 'ecdsa' }, 'ERR_MALFORMED'],
    ['an ECDSA key called RSA', { ...keyOf(own[1]), keytype: 'rsa' }, 'ERR_MALFORMED'],
    [
      'a point that is not on the curve',
      { keytype: 'ecdsa', keyval: { public: `04${'11'.repeat(64)}` } },
      'ERR_MALFORMED',
    ],
    ['no value', { keytype: 'rsa' }, 'ERR_MALFORMED'],
  ])('is refused with a key of %s', async (_, key, code) => {
    const [a] = own;
    const signed = rootBy([a], 1, { keys: { a: keyOf(a), other: key } });
    await expect(format.parseKey(signFile(signed, [a]))).rejects.toMatchObject({ code });
  });

  it('is no other metadata', async () => {
    const [a] = own;
    const signed = { ...rootBy([a], 1), _type: 'targets' };
    await expect(format.parseKey(signFile(signed, [a]))).rejects.toMatchObject({ code: 'ERR_MALFORMED' });
  });

  it('names keys and roles up to the limit', async () => {
    const [a] = own;
    const role = { keyids: ['a'], threshold: 1 };
    const many = (count: number, value: JsonObject, first: string) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [index === 0 ? first : `${index}`, value]));
    const root = (keys: number, roles: number) =>
      format.parseKey(
        signFile(rootBy([a], 1, { keys: many(keys, keyOf(a), 'a'), roles: many(roles, role, 'root') }), [a]),
      );
    expect((await root(limits.keys, limits.roles)).members.map(({ algorithm }) => algorithm)).toEqual(['ed25519']);
    await expect(root(limits.keys + 1, 1)).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
    await expect(root(1, limits.roles + 1)).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
  });
});

describe('metadata', () => {
  const [a, b, c] = own;
  const root = signFile(rootBy(own, 2), [a, b]);

  it('verify under a root that names their role', async () => {
    await check(root, signFile(targets(), [b, c]));
    await check(root, signFile(targets({ _type: 'timestamp' }), own));
    await expect(check(root, signFile(targets(), [a, stranger]))).rejects.toMatchObject(invalid('1 of the 2'));
    for (const _type of ['delegated', 'Targets', '__proto__', 'mirrors']) {
      await expect(check(root, signFile(targets({ _type }), own))).rejects.toMatchObject(invalid('no role'));
    }
  });

  it('need keys of their own role, not of another', async () => {
    const role = (...keyids: string[]) => ({ keyids, threshold: 1 });
    const signed = rootBy(own, 1, { roles: { root: role('a'), targets: role('b'), delegated: role('c') } });
    const split = signFile(signed, [a]);
    await check(split, signFile(targets(), [b]));
    for (const signer of [a, c]) {
      await expect(check(split, signFile(targets(), [signer]))).rejects.toMatchObject(invalid('0 of the 1'));
    }
    await expect(check(split, signFile(targets({ _type: 'delegated' }), [c]))).rejects.toMatchObject(
      invalid('no role'),
    );
  });

  it('may have signatures that do not count', async () => {
    const file = signFile(targets(), own).toString();
    const { signed, signatures } = JSON.parse(file);
    signatures[0].sig = '';
    signatures.push({ keyid: 'unknown', sig: '00' });
    const bytes = bytesOf(JSON.stringify({ signed, signatures }));
    await check(root, bytes);
  });

  it('bind an artifact: the signed text, or the file with nothing added', async () => {
    const file = signFile(targets({ x: '\n"é' }), [a, b]);
    const parsed = JSON.parse(file.toString());
    const { canonical } = await format.parseSignature(file);
    await check(root, file, { message: canonical });
    await check(root, file, { message: bytesOf(JSON.stringify(parsed, undefined, 7)) });
    const more = { ...parsed, unsigned: 1 };
    const less = { ...parsed, signatures: [] };
    for (const message of [JSON.stringify(more), JSON.stringify(less), 'anything', '', JSON.stringify(parsed.signed)]) {
      await expect(check(root, file, { message: bytesOf(message) })).rejects.toMatchObject(
        invalid('the artifact is not what the TUF metadata signs'),
      );
    }
  });

  it('bind a digest', async () => {
    const signature = await format.parseSignature(signFile(targets(), own));
    const keys = [await format.parseKey(root)];
    const digest = Buffer.from(api.crypto.hash('sha512', signature.canonical));
    expect(rootsOf(await format.verify({ signed: { digest, hash: 'sha512' }, signature, keys }))).toEqual(keys);
    await expect(
      format.verify({ signed: { digest: digest.subarray(0, 32), hash: 'sha256' }, signature, keys }),
    ).rejects.toMatchObject(invalid());
  });

  it('expire, and so do roots, when there is a time to ask for', async () => {
    const [day, before] = [new Date('2029-01-01T00:00:00Z'), new Date('2028-12-31T23:59:59Z')];
    const file = signFile(targets({ expires: day.toISOString() }), own);
    await check(root, file);
    await check(root, file, { at: before });
    await expect(check(root, file, { at: day })).rejects.toMatchObject(invalid('expired'));
    const old = signFile(rootBy(own, 2, { expires: '2029-01-01T01:00:00+01:00' }), own);
    await check(old, signFile(targets(), own), { at: before });
    await expect(check(old, signFile(targets(), own), { at: day })).rejects.toMatchObject(invalid('expired'));
  });

  it('verify with what another instance has parsed', async () => {
    const { canonical, identities, members } = await format.parseKey(root);
    const key = { canonical, identities, members };
    const signature = { canonical: (await format.parseSignature(signFile(targets(), own))).canonical };
    expect(rootsOf(await format.verify({ signed: { message: signature.canonical }, signature, keys: [key] }))).toEqual([
      key,
    ]);
  });

  it('have signatures up to the limit', async () => {
    const crowd = (count: number) =>
      signFile(
        targets(),
        Array.from({ length: count }, () => a),
      );
    await format.parseSignature(crowd(limits.signatures));
    await expect(format.parseSignature(crowd(limits.signatures + 1))).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
  });

  it('are read up to the limit, and roots to theirs', async () => {
    const padded = (file: Buffer, length: number) => Buffer.concat([file, Buffer.alloc(length - file.length, ' ')]);
    await format.parseSignature(padded(root, limits.metadataBytes));
    await expect(format.parseSignature(padded(root, limits.metadataBytes + 1))).rejects.toMatchObject({
      code: 'ERR_TOO_LARGE',
    });
    await format.parseKey(padded(root, limits.rootBytes));
    await expect(format.parseKey(padded(root, limits.rootBytes + 1))).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
  });

  it.each([
    ['deep nesting', `{"signed":${'['.repeat(200_000)}${']'.repeat(200_000)},"signatures":[]}`],
    [
      'nesting in signed',
      JSON.stringify({ signed: targets({ x: JSON.parse('['.repeat(70) + ']'.repeat(70)) }), signatures: [] }),
    ],
    ['a fraction', JSON.stringify({ signed: targets({ x: 1.5 }), signatures: [] })],
    [
      'a lone surrogate',
      String.raw`{"signed":{"_type":"targets","version":1,"expires":"2030-01-01T00:00:00Z","x":"\ud800"},"signatures":[]}`,
    ],
    ['an odd signature', JSON.stringify({ signed: targets(), signatures: [{ keyid: 'a', sig: 'abc' }] })],
    ['no key ID', JSON.stringify({ signed: targets(), signatures: [{ sig: 'ab' }] })],
    ['no signatures', JSON.stringify({ signed: targets() })],
    ['a signature that is null', JSON.stringify({ signed: targets(), signatures: [null] })],
    ['no signed part', JSON.stringify({ signatures: [] })],
    ['a byte order mark', `\ufeff${JSON.stringify({ signed: targets(), signatures: [] })}`],
    ...(['_type', 'version', 'expires'] as const).map((name): [string, string] => {
      return [`no ${name}`, JSON.stringify({ signed: { ...targets(), [name]: undefined }, signatures: [] })];
    }),
    ['a negative version', JSON.stringify({ signed: targets({ version: -1 }), signatures: [] })],
    ['a day that is none', JSON.stringify({ signed: targets({ expires: '2030-13-01T00:00:00Z' }), signatures: [] })],
    ['a date alone', JSON.stringify({ signed: targets({ expires: '2030-01-01' }), signatures: [] })],
  ])('are refused with %s', async (_, file) => {
    await expect(format.parseSignature(bytesOf(file))).rejects.toMatchObject({ code: 'ERR_MALFORMED' });
  });

  it('are refused by code whatever they hold', async () => {
    const part = fc.oneof(fc.jsonValue(), fc.constant(targets() as never));
    const code = expect.stringMatching(/^ERR_(MALFORMED|UNSUPPORTED|TOO_LARGE|SIGNATURE_INVALID)$/);
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom('keys', 'roles', '_type', 'version', 'expires'), part),
        part,
        async (signed, signatures) => {
          const file = bytesOf(JSON.stringify({ signed: { ...rootBy(own, 1), ...signed }, signatures }));
          await expect(format.parseKey(file)).rejects.toMatchObject({ code });
        },
      ),
      { numRuns: 300 },
    );
  });
});
