import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { PluginApi } from '@countersign/plugin-api';
import { createPluginApi } from '@countersign/plugin-host';
import fc from 'fast-check';
import {
  algorithm,
  attribute,
  type FileChoices,
  honest,
  type InfoChoices,
  integer,
  makeFile,
  makeIdentity,
  makeInfo,
  oid,
} from './cms.fixture.ts';
import { tag, write } from './der.ts';
import { limits } from './limits.ts';
import pkcs7 from './pkcs7.format.ts';

/** Made by openssl and jarsigner; everything else is what upstream made of it. */
interface Vector {
  readonly name: string;
  /** Base64, as are the canonical forms. */
  readonly file: string;
  readonly message: string;
  readonly key: string;
  readonly identities: readonly string[];
  readonly fingerprint: string;
  readonly algorithm: string;
  readonly signature: string;
}
const vectors: Vector[] = JSON.parse(readFileSync(new URL('./vectors/files.json', import.meta.url), 'utf8'));
const refused: { name: string; file: string; code: string; upstream: string }[] = JSON.parse(
  readFileSync(new URL('./vectors/refused.json', import.meta.url), 'utf8'),
);
const fromBase64 = (text: string) => Buffer.from(text, 'base64');

const noPki: PluginApi['pki'] = {
  get(id) {
    throw new Error(`asked for ${id}`);
  },
  ids: () => [],
};
const api = createPluginApi(noPki);
const format = pkcs7(api);
const message = Buffer.from('an artifact\n');

const invalid = (why: string) => ({ code: 'ERR_SIGNATURE_INVALID', message: expect.stringContaining(why) });

async function check(file: Uint8Array, keys: readonly Uint8Array[] = [file], signed: Uint8Array = message) {
  const parsed = await Promise.all(keys.map((key) => format.parseKey(key)));
  const signature = await format.parseSignature(file);
  const signers = await format.verify({ signed: { message: signed }, signature, keys: parsed });
  return signers.map(({ key }) => parsed.indexOf(key)).sort();
}

describe('files of openssl and jarsigner', () => {
  it.each(vectors.map((vector) => [vector.name, vector] as const))('%s: as upstream has it', async (_, vector) => {
    const file = fromBase64(vector.file);
    const key = await format.parseKey(file);
    const signature = await format.parseSignature(file);
    expect(Buffer.from(key.canonical).toString()).toBe(fromBase64(vector.key).toString());
    expect(Buffer.from(signature.canonical).toString()).toBe(fromBase64(vector.signature).toString());
    expect({ identities: key.identities, members: key.members }).toEqual({
      identities: vector.identities,
      members: [{ fingerprint: vector.fingerprint, algorithm: vector.algorithm }],
    });
    expect(await check(file, [file], fromBase64(vector.message))).toEqual([0]);
    // What the log stores verifies by itself.
    expect(await check(signature.canonical, [key.canonical], fromBase64(vector.message))).toEqual([0]);
    await expect(check(file, [file], Buffer.from('another artifact\n'))).rejects.toMatchObject(invalid(''));
  });

  it.each(refused.map((vector) => [vector.name, vector] as const))('%s: refused', async (_, { file, code }) => {
    await expect(check(fromBase64(file))).rejects.toMatchObject({ code });
  });
});

/** RSASSA-PSS with parameters: a hash, the mask's hash, a salt of 32 bytes. */
function pss(...[hash, maskHash]: [] | [hash: Uint8Array, maskHash: Uint8Array]): Uint8Array {
  const oids = ['06092a864886f70d01010a', '06092a864886f70d010108'].map((text) => Buffer.from(text, 'hex'));
  const [pssOid = oid.other, mgf1 = oid.other] = oids;
  if (hash === undefined || maskHash === undefined) return write(tag.sequence, pssOid);
  const mask = write(tag.context1, write(tag.sequence, mgf1, maskHash));
  const fields = [write(tag.context0, hash), mask, write(tag.context2, integer(32))];
  return write(tag.sequence, pssOid, write(tag.sequence, ...fields));
}

/** ecdsa-with-SHA256 and NULL. */
const ecdsaNull = write(tag.sequence, Buffer.from('06082a8648ce3d0403020500', 'hex'));

const signer = makeIdentity('signer');
const info = (choices?: InfoChoices) => makeInfo(signer, message, choices);
const file = (choices?: InfoChoices, fileChoices?: FileChoices) =>
  makeFile([signer.certificate], [info(choices)], fileChoices);

describe('a signature', () => {
  it('covers attributes, or the message', async () => {
    expect(await check(file())).toEqual([0]);
    expect(await check(file({ attributes: undefined }))).toEqual([0]);
    expect(await check(file({ digest: algorithm.sha256Null, algorithm: algorithm.ecPublicKey }))).toEqual([0]);
    expect(await check(file({ unsigned: [attribute(oid.other, integer(1))] }))).toEqual([0]);
  });

  it('covers a digest of its own kind', async () => {
    const hash = 'sha256';
    const digest = createHash(hash).update(message).digest();
    const keys = [await format.parseKey(file())];
    for (const choices of [{}, { attributes: undefined }]) {
      const signature = await format.parseSignature(file(choices));
      expect(await format.verify({ signed: { digest, hash }, signature, keys })).toMatchObject(
        keys.map((key) => ({ key })),
      );
      await expect(
        format.verify({ signed: { digest: Buffer.alloc(64), hash: 'sha512' }, signature, keys }),
      ).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
      await expect(
        format.verify({ signed: { digest: Buffer.alloc(32), hash }, signature, keys }),
      ).rejects.toMatchObject(invalid(''));
    }
  });

  const [type, digest] = honest(message) as [Uint8Array, Uint8Array];
  it.each<[string, InfoChoices, FileChoices | undefined, string]>([
    ['attributes of another content', { attributes: honest(Buffer.from('x')) }, undefined, 'ERR_SIGNATURE_INVALID'],
    ['attributes without a digest', { attributes: [type] }, undefined, 'ERR_MALFORMED'],
    ['attributes without a content type', { attributes: [digest] }, undefined, 'ERR_MALFORMED'],
    ['no attributes', { attributes: [] }, undefined, 'ERR_MALFORMED'],
    ['two digests', { attributes: [type, digest, honest(Buffer.from('x'))[1] ?? type] }, undefined, 'ERR_MALFORMED'],
    ['another content type', {}, { contentType: oid.other }, 'ERR_SIGNATURE_INVALID'],
    ['a message that is no plain data', { attributes: undefined }, { contentType: oid.other }, 'ERR_SIGNATURE_INVALID'],
    ['another digest algorithm', { digest: algorithm.sha384 }, undefined, 'ERR_MALFORMED'],
    [
      'another digest algorithm, listed',
      { digest: algorithm.sha384 },
      { digests: [algorithm.sha384] },
      'ERR_MALFORMED',
    ],
    ['an algorithm with another hash', { algorithm: algorithm.ecdsaSha384 }, undefined, 'ERR_MALFORMED'],
    ["an algorithm that is not the key's", { algorithm: algorithm.sha256Rsa }, undefined, 'ERR_SIGNATURE_INVALID'],
    ['parameters of ECDSA (PKI.js issue 464)', { algorithm: ecdsaNull }, undefined, 'ERR_MALFORMED'],
    ['an algorithm nobody knows', { algorithm: write(tag.sequence, oid.other) }, undefined, 'ERR_UNSUPPORTED'],
    ['PSS without parameters', { algorithm: pss() }, undefined, 'ERR_MALFORMED'],
    ['PSS over another hash', { algorithm: pss(algorithm.sha384, algorithm.sha256) }, undefined, 'ERR_MALFORMED'],
    [
      'PSS with a mask of another hash',
      { algorithm: pss(algorithm.sha256, algorithm.sha384) },
      undefined,
      'ERR_MALFORMED',
    ],
    [
      'PSS by a key that is not RSA',
      { algorithm: pss(algorithm.sha256, algorithm.sha256) },
      undefined,
      'ERR_SIGNATURE_INVALID',
    ],
    ['another version of the signer', { version: 3 }, undefined, 'ERR_MALFORMED'],
    ['another version of the file', {}, { version: 3 }, 'ERR_MALFORMED'],
    ['a digest algorithm too many', {}, { digests: [algorithm.sha256, algorithm.sha384] }, 'ERR_MALFORMED'],
    ['fields after the end', {}, { afterwards: [integer(1)] }, 'ERR_MALFORMED'],
    ['two contents', {}, { content: [integer(1), integer(2)] }, 'ERR_MALFORMED'],
  ])('is refused with %s', async (_, choices, fileChoices, code) => {
    await expect(check(file(choices, fileChoices))).rejects.toMatchObject({ code });
  });

  it('is taken with content of another type, when that is signed', async () => {
    const attributes = [attribute(oid.contentType, oid.other), honest(message)[1] ?? integer(0)];
    for (const version of [1, 3]) {
      expect(await check(file({ attributes }, { contentType: oid.other, version }))).toEqual([0]);
    }
  });

  it('is detached before it is kept', async () => {
    const content = [write(tag.context0, write(tag.octetString, message))];
    const { canonical } = await format.parseSignature(file({}, { content }));
    expect(Buffer.from(canonical).includes(message)).toBe(false);
    const [{ der } = { der: message }] = api.encoding.decodePem(canonical);
    expect(Buffer.from(der).includes(message)).toBe(false);
    expect(await check(canonical, [file()])).toEqual([0]);
  });

  it('needs a message', async () => {
    const nothing = makeInfo(signer, Buffer.of());
    await expect(check(makeFile([signer.certificate], [nothing]), undefined, Buffer.of())).rejects.toMatchObject(
      invalid('no external content'),
    );
  });

  it('over attributes is none over a message that reads like them', async () => {
    const attributes = write(tag.set, ...honest(message));
    const passedOff = makeInfo(signer, attributes, { attributes: undefined });
    await expect(check(makeFile([signer.certificate], [passedOff]), undefined, attributes)).rejects.toMatchObject(
      invalid('invalid signature'),
    );
    const another = Buffer.from('1 artifact');
    const plain = makeInfo(signer, another, { attributes: undefined });
    expect(await check(makeFile([signer.certificate], [plain]), undefined, another)).toEqual([0]);
  });

  it('is none when nobody signed', async () => {
    const empty = makeFile([signer.certificate], [], { digests: [] });
    await expect(check(empty)).rejects.toMatchObject(invalid('nobody signed'));
  });

  it('names its signer by issuer and serial number', async () => {
    const namesake = makeIdentity('signer', 'signer', 6);
    expect(await check(makeFile([namesake.certificate, signer.certificate], [info()]), [file()])).toEqual([0]);
    await expect(check(makeFile([namesake.certificate], [info()]), [file()])).rejects.toMatchObject(
      invalid('certificate missing from signedData'),
    );
  });
});

describe('several signatures', () => {
  const other = makeIdentity('other');
  const both = makeFile([signer.certificate, other.certificate], [info(), makeInfo(other, message)]);
  const keyOf = ({ certificate }: typeof signer) => makeFile([certificate], [], { digests: [] });

  it('are all verified, each by a key given', async () => {
    expect(await check(both, [keyOf(makeIdentity('none')), keyOf(other), keyOf(signer)])).toEqual([1, 2]);
    for (const one of [signer, other]) {
      await expect(check(both, [keyOf(one)])).rejects.toMatchObject(invalid('a signer is none of the keys'));
    }
    const wrong = makeFile([signer.certificate, other.certificate], [info(), makeInfo(other, Buffer.from('x'))]);
    await expect(check(wrong, [keyOf(signer), keyOf(other)])).rejects.toMatchObject(invalid('invalid signature'));
  });

  it('are kept in the order of DER', async () => {
    const turned = makeFile([signer.certificate, other.certificate], [makeInfo(other, message), info()]);
    const infos = (canonical: Uint8Array) => {
      const [block] = api.encoding.decodePem(canonical);
      const data = api.encoding
        .readDer(block?.der ?? canonical)
        .children()[1]
        ?.children()[0];
      return (
        data
          ?.children()
          .at(-1)
          ?.children()
          .map(({ raw }) => Buffer.from(raw)) ?? []
      );
    };
    for (const one of [both, turned]) {
      const [first = message, second = message] = infos((await format.parseSignature(one)).canonical);
      expect(Buffer.compare(first, second)).toBe(-1);
    }
  });

  it('come up to the limit, and so do certificates and attributes', async () => {
    const crowd = (certificates: number, infos: number) =>
      makeFile(Array(certificates).fill(signer.certificate), Array(infos).fill(info()));
    expect(await check(crowd(limits.certificates, limits.signers))).toEqual([0]);
    for (const many of [crowd(limits.certificates + 1, 1), crowd(1, limits.signers + 1)]) {
      await expect(format.parseSignature(many)).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
    }
    const attributes = (count: number) => [
      ...honest(message),
      ...Array.from({ length: count - 2 }, () => attribute(oid.other, integer(1))),
    ];
    expect(await check(file({ attributes: attributes(limits.attributes) }))).toEqual([0]);
    await expect(check(file({ attributes: attributes(limits.attributes + 1) }))).rejects.toMatchObject({
      code: 'ERR_TOO_LARGE',
    });
  });
});

describe('a key', () => {
  it('CVE-2026-39984: is the signer, and no certificate that was put before it', async () => {
    // The log would name the victim, for a signature the victim never made.
    const victim = makeIdentity('victim');
    const forged = makeFile([victim.certificate, signer.certificate], [info()]);
    await expect(check(forged)).rejects.toMatchObject(invalid('a signer is none of the keys'));
  });

  it('is no authority that did not certify the signer, whatever the names say', async () => {
    const authority = makeIdentity('authority');
    const claimed = makeIdentity('claimed', 'authority', 6);
    const forged = makeFile([authority.certificate, claimed.certificate], [makeInfo(claimed, message)]);
    await expect(check(forged)).rejects.toMatchObject(invalid('certificate'));
    expect(await check(forged, [forged, makeFile([claimed.certificate], [], { digests: [] })])).toEqual([1]);
  });

  it('does not run around in circles', async () => {
    const ring = [makeIdentity('0', '1'), makeIdentity('1', '0')] as const;
    const bag = makeFile(
      ring.map(({ certificate }) => certificate),
      [makeInfo(ring[0], message)],
    );
    await expect(check(bag, [file()])).rejects.toMatchObject(invalid('none of the keys'));
  });

  it('may be a certificate in PEM', async () => {
    const pem = Buffer.from(api.encoding.encodePem('CERTIFICATE', signer.certificate));
    expect(await check(file(), [pem])).toEqual([0]);
    await expect(format.parseSignature(pem)).rejects.toMatchObject({
      code: 'ERR_MALFORMED',
      message: 'unknown PEM block type CERTIFICATE found during PKCS7 parsing',
    });
  });

  it('verifies when another instance has parsed it', async () => {
    const { canonical, identities, members } = await format.parseKey(file());
    const key = { canonical, identities, members };
    const signature = { canonical: (await format.parseSignature(file())).canonical };
    expect(await format.verify({ signed: { message }, signature, keys: [key] })).toMatchObject([{ key }]);
  });

  it.each(['CMS', 'PUBLIC KEY', 'X'])('is no %s', async (label) => {
    await expect(format.parseKey(Buffer.from(api.encoding.encodePem(label, file())))).rejects.toMatchObject({
      code: 'ERR_MALFORMED',
      message: `unknown PEM block type ${label} found during PKCS7 parsing`,
    });
  });

  it('is one block', async () => {
    const pem = api.encoding.encodePem('PKCS7', file());
    await format.parseKey(Buffer.from(`\n${pem}\n`));
    await expect(format.parseKey(Buffer.from(pem + pem))).rejects.toMatchObject({ code: 'ERR_MALFORMED' });
  });
});

describe('a file', () => {
  it('is read up to the limit', async () => {
    const pem = api.encoding.encodePem('PKCS7', file());
    const padded = (length: number) => Buffer.from(pem.padEnd(length));
    await format.parseSignature(padded(limits.fileBytes));
    for (const parse of [format.parseKey, format.parseSignature]) {
      await expect(parse(padded(limits.fileBytes + 1))).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
    }
  });

  it('ASN1.js issue 131: is refused when it is nested deeply', async () => {
    let nested: Uint8Array = integer(1);
    for (let depth = 0; depth < 10_000; depth++) nested = write(tag.sequence, nested);
    for (const bytes of [nested, makeFile([nested], [info()]), makeFile([], [nested]), file({ unsigned: [nested] })]) {
      await expect(check(bytes, [file()])).rejects.toMatchObject({
        code: expect.stringMatching(/^ERR_(MALFORMED|UNSUPPORTED)$/),
      });
    }
  });

  it('is refused by code whatever stands in it', async () => {
    const der: fc.Arbitrary<Uint8Array> = fc.letrec<{ value: Uint8Array }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 6 },
        fc.constantFrom(...Object.values(oid), ...Object.values(algorithm), integer(1), info(), signer.certificate),
        fc
          .tuple(fc.constantFrom(...Object.values(tag)), fc.uint8Array({ maxLength: 4 }))
          .map(([id, contents]) => write(id, contents)),
        fc
          .tuple(
            fc.constantFrom(tag.sequence, tag.set, tag.context0, tag.context1),
            fc.array(tie('value'), { maxLength: 6 }),
          )
          .map(([id, members]) => write(id, ...members)),
      ),
    })).value;
    const code = expect.stringMatching(/^ERR_(MALFORMED|UNSUPPORTED|SIGNATURE_INVALID)$/);
    await fc.assert(
      fc.asyncProperty(fc.array(der, { maxLength: 6 }), async (fields) => {
        const bytes = write(tag.sequence, oid.signedData, write(tag.context0, write(tag.sequence, ...fields)));
        await expect(check(bytes, [file()])).rejects.toMatchObject({ code });
      }),
      { numRuns: 500 },
    );
  });
});
