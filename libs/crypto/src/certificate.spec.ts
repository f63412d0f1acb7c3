import 'reflect-metadata';
import * as crypto from 'node:crypto';
import { concat, der, fromHex, utf8Encode } from '@countersign/encoding';
import { hasCode } from '@countersign/errors';
import * as peculiar from '@peculiar/x509';
import fc from 'fast-check';
import { Certificate, parseCertificate } from './certificate.ts';
import { limits } from './limits.ts';
import {
  altName,
  altNames,
  authority,
  extension,
  make,
  makeDer,
  nameOf,
  type Recipe,
  signedWith,
} from './testing/certificates.ts';
import { flip, longForm, overlong, replace } from './testing/octets.ts';

const refusal = (code: string) => expect.objectContaining({ code });
const fulcioOid = '1.3.6.1.4.1.57264.1.7';
const utf8 = (text: string) => der.value(0x0c, utf8Encode(text));

describe('parseCertificate', () => {
  it('reads what another library writes, as node reads it', async () => {
    const keys = await crypto.webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
      'sign',
      'verify',
    ]);
    const made = await peculiar.X509CertificateGenerator.createSelfSigned({
      serialNumber: '0123456789',
      name: 'CN=Someone, E=a@example.com',
      notBefore: new Date('2026-01-01T00:00:00Z'),
      notAfter: new Date('2056-01-01T00:00:00Z'),
      keys,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      extensions: [
        new peculiar.BasicConstraintsExtension(true, 2, true),
        new peculiar.KeyUsagesExtension(peculiar.KeyUsageFlags.keyCertSign | peculiar.KeyUsageFlags.cRLSign, true),
        new peculiar.SubjectAlternativeNameExtension([
          { type: 'url', value: 'https://example.com/a' },
          { type: 'ip', value: '192.0.2.1' },
          { type: 'email', value: 'a@example.com' },
          { type: 'dns', value: 'example.com' },
          { type: 'ip', value: '2001:db8::1' },
        ]),
      ],
    });
    const certificate = parseCertificate(new Uint8Array(made.rawData));
    const oracle = new crypto.X509Certificate(certificate.der);
    expect(certificate).toMatchObject({
      isCa: true,
      authority: { isCa: true, mayCertify: true, pathLength: 2 },
      notBefore: new Date(oracle.validFrom),
      notAfter: new Date(oracle.validTo),
      subjectEmails: ['a@example.com'],
      subjectAltNames: ['example.com', 'a@example.com', '192.0.2.1', '2001:db8::1', 'https://example.com/a'],
    });
    expect(certificate.key.keyObject.equals(oracle.publicKey)).toBe(true);
    expect(certificate.key.algorithm).toBe('ecdsa-p256');
  });

  it('reads a certificate without extensions, of each version', () => {
    for (const version of [[], [der.context(0, der.integer(1))], [der.context(0, der.integer(2))]]) {
      expect(make({ version })).toMatchObject({ isCa: false, subjectAltNames: [], subjectEmails: [] });
    }
    const uniqueId = der.contextPrimitive(1, Uint8Array.of(0, 1));
    expect(make({ tail: [uniqueId] }).extensions.size).toBe(0);
  });

  it('orders names as upstream does, each kind as written', () => {
    const { ip, uri, dns, email, other, directory } = altName;
    const names = [
      other(fulcioOid, utf8('user!example.com')),
      uri('https://b'),
      uri('spiffe://a'),
      ip(10, 0, 0, 1),
      ip(...fromHex('00000000000000000000ffff0a000002')),
      ip(...fromHex('20010db8000000000001000000000001')),
      ip(...new Uint8Array(16)),
      email('b@example.com'),
      email('A@example.com'),
      directory(nameOf('x')),
      dns('*.example.com'),
      der.contextPrimitive(8, Uint8Array.of(42)),
    ];
    expect(make({ extensions: [altNames(...names)] }).subjectAltNames).toEqual([
      '*.example.com',
      'b@example.com',
      'A@example.com',
      '10.0.0.1',
      '10.0.0.2',
      '2001:db8::1:0:0:1',
      '::',
      'https://b',
      'spiffe://a',
      'user!example.com',
    ]);
  });

  it("takes an otherName only when it is Fulcio's and alone", () => {
    const fulcio = altName.other(fulcioOid, utf8('me'));
    const upn = altName.other('1.3.6.1.4.1.311.20.2.3', utf8('you'));
    const namesOf = (...names: Uint8Array[]) => make({ extensions: [altNames(...names)] }).subjectAltNames;
    expect(namesOf(fulcio)).toEqual(['me']);
    expect(namesOf(altName.other(fulcioOid, utf8('émile')))).toEqual(['émile']);
    expect(namesOf(upn)).toEqual([]);
    expect(namesOf(upn, fulcio)).toEqual([]);
    expect(namesOf(fulcio, fulcio)).toEqual([]);
  });

  it('reads every e-mail address of the subject', () => {
    expect(make({ subject: nameOf('x', 'a@example.com', 'B@example.com') }).subjectEmails).toEqual([
      'a@example.com',
      'B@example.com',
    ]);
  });

  it('reads authority from basicConstraints and keyUsage', () => {
    const authorityOf = (...extensions: Uint8Array[]) => make({ extensions }).authority;
    const constraints = (...fields: Uint8Array[]) => extension('2.5.29.19', der.sequence(...fields));
    const usage = (octet: number) => extension('2.5.29.15', der.bitString(Uint8Array.of(octet), 2));
    expect(authorityOf(constraints())).toEqual({ isCa: false, mayCertify: true });
    expect(authorityOf(constraints(der.boolean(false)))).toEqual({ isCa: false, mayCertify: true });
    expect(authorityOf(constraints(der.boolean(true)))).toEqual({ isCa: true, mayCertify: true });
    expect(authorityOf(constraints(der.boolean(true), der.integer(0)))).toMatchObject({ pathLength: 0 });
    expect(authorityOf(usage(0x80))).toEqual({ isCa: false, mayCertify: false });
    expect(authorityOf(...authority(3))).toEqual({ isCa: true, mayCertify: true, pathLength: 3 });
  });

  it.each<[string, Recipe]>([
    ['an explicit version 1', { version: [der.context(0, der.integer(0))] }],
    ['version 4', { version: [der.context(0, der.integer(3))] }],
    ['two version numbers', { version: [der.context(0, der.integer(2), der.integer(2))] }],
    ['a serial number that is text', { serial: utf8('1') }],
    ['a serial number with a leading zero', { serial: overlong(der.integer(1)) }],
    ['two signature algorithms', { outerAlgorithm: signedWith.ecdsaSha384 }],
    ['one time', { validity: [der.time(new Date())] }],
    ['three times', { validity: [der.time(new Date()), der.time(new Date()), der.time(new Date())] }],
    ['a time without zone', { validity: [der.value(0x17, utf8Encode('260101000000')), der.time(new Date())] }],
    ['the 31st of April', { validity: [der.value(0x17, utf8Encode('260431000000Z')), der.time(new Date())] }],
    ['an issuer that is text', { issuer: utf8('issuer') }],
    ['a subject that is text', { subject: utf8('subject'), issuer: nameOf('x') }],
    ['an issuer attribute without value', { issuer: der.sequence(der.set(der.sequence(der.oid('2.5.4.3')))) }],
    [
      'a subject attribute that is no string',
      { subject: der.sequence(der.set(der.sequence(der.oid('2.5.4.3'), der.null()))) },
    ],
    ['a subject attribute without value', { subject: der.sequence(der.set(der.sequence(der.oid('2.5.4.3')))) }],
    ['a key with a byte after', { spki: concat(fromHex('302b300506032b6570032100'), new Uint8Array(33)) }],
    ['extensions in version 1', { version: [], extensions: authority() }],
    ['extensions in version 2', { version: [der.context(0, der.integer(1))], extensions: authority() }],
    ['no extensions in their field', { tail: [der.context(3, der.sequence())] }],
    ['two lists of extensions', { tail: [der.context(3, der.sequence(...authority()), der.sequence(...authority()))] }],
    ['a unique ID that is not bits', { tail: [der.contextPrimitive(1, Uint8Array.of(0x30, 1))] }],
    ['an empty unique ID', { tail: [der.contextPrimitive(2, new Uint8Array())] }],
    ['a field 4', { tail: [der.context(4, der.sequence())] }],
    [
      'fields out of order',
      { tail: [der.contextPrimitive(2, new Uint8Array(2)), der.contextPrimitive(1, new Uint8Array(2))] },
    ],
    ['a NULL at the end', { tail: [der.null()] }],
    ['an extension twice', { extensions: [...authority(), ...authority()] }],
    ['an extension without value', { extensions: [der.sequence(der.oid('2.5.29.19'))] }],
    [
      'an extension with four fields',
      {
        extensions: [
          der.sequence(der.oid('2.5.29.9'), der.boolean(true), der.octetString(new Uint8Array()), der.null()),
        ],
      },
    ],
    ['basicConstraints that are text', { extensions: [extension('2.5.29.19', utf8('CA'))] }],
    [
      'basicConstraints with a byte after',
      { extensions: [extension('2.5.29.19', concat(der.sequence(), Uint8Array.of(0)))] },
    ],
    [
      'basicConstraints with three fields',
      { extensions: [extension('2.5.29.19', der.sequence(der.boolean(true), der.integer(1), der.integer(1)))] },
    ],
    ['a BOOLEAN of 1', { extensions: [extension('2.5.29.19', der.sequence(der.value(1, Uint8Array.of(1))))] }],
    [
      'a negative path length',
      { extensions: [extension('2.5.29.19', der.sequence(der.boolean(true), der.integer(-1)))] },
    ],
    [
      'a path length over all sense',
      { extensions: [extension('2.5.29.19', der.sequence(der.boolean(true), der.integer(256)))] },
    ],
    ['keyUsage that is not bits', { extensions: [extension('2.5.29.15', der.octetString(new Uint8Array(1)))] }],
    ['a name of an unknown kind', { extensions: [altNames(der.contextPrimitive(9, new Uint8Array()))] }],
    ['a DNS name that is not ASCII', { extensions: [altNames(altName.dns('exämple.com'))] }],
    ['an IP address of 5 octets', { extensions: [altNames(altName.ip(1, 2, 3, 4, 5))] }],
    [
      'an otherName that is not UTF-8',
      { extensions: [altNames(altName.other(fulcioOid, der.value(0x0c, Uint8Array.of(0xff))))] },
    ],
    [
      'an otherName that is no UTF8String',
      { extensions: [altNames(altName.other(fulcioOid, der.value(0x16, utf8Encode('me'))))] },
    ],
    [
      'an otherName of two values',
      { extensions: [altNames(der.context(0, der.oid(fulcioOid), der.context(0, utf8('a'), utf8('b'))))] },
    ],
  ])('refuses %s', (_name, recipe) => {
    expect(() => make(recipe)).toThrow(refusal('ERR_MALFORMED'));
  });

  const good = makeDer();
  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['a byte after', concat(good, Uint8Array.of(0))],
    ['a byte missing', good.subarray(0, -1)],
    ['a length in the longer form', longForm(good)],
    ['a member more', der.sequence(good.subarray(4), der.null())],
    ['PEM', utf8Encode('-----BEGIN CERTIFICATE-----')],
  ])('refuses %s around it', (_name, bytes) => {
    expect(() => parseCertificate(bytes)).toThrow(refusal('ERR_MALFORMED'));
  });

  it('does not support keys that parseSpki does not', () => {
    const key = crypto.generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey;
    expect(() => make({ key })).toThrow(refusal('ERR_UNSUPPORTED'));
  });

  it('reads up to its limit', () => {
    const sized = (length: number) => makeDer({ extensions: [extension('1.2.3', new Uint8Array(length))] });
    const overhead = sized(60_000).length - 60_000;
    const most = sized(limits.certificateBytes - overhead - 8);
    expect(parseCertificate(most).extensions.size).toBe(1);
    const over = concat(most, new Uint8Array(limits.certificateBytes + 1 - most.length));
    expect(() => parseCertificate(over.subarray(0, -1))).toThrow(refusal('ERR_MALFORMED'));
    expect(() => parseCertificate(over)).toThrow(refusal('ERR_TOO_LARGE'));
  });

  it('refuses edited certificates by code, or reads what node reads', () => {
    const certificate = makeDer({ extensions: [...authority(1), altNames(altName.dns('a.example'))] });
    const refusedOrRead = (at: number, octet: number) => {
      const edited = replace(certificate, at, octet);
      try {
        const parsed = parseCertificate(edited);
        const oracle = new crypto.X509Certificate(edited);
        expect(parsed.notAfter).toEqual(new Date(oracle.validTo));
        if (oracle.ca) expect(parsed.authority).toMatchObject({ isCa: true, mayCertify: true });
      } catch (error) {
        if (!hasCode(error, 'ERR_MALFORMED', 'ERR_UNSUPPORTED')) throw error;
      }
    };
    for (let bit = 0; bit < certificate.length * 8; bit++)
      refusedOrRead(bit >> 3, flip(certificate, bit)[bit >> 3] ?? 0);
    fc.assert(fc.property(fc.nat(certificate.length - 1), fc.nat(255), refusedOrRead), { numRuns: 500 });
  });

  it('keeps its own certificates and parses plain data', () => {
    const certificate = make();
    expect(Certificate.from(certificate)).toBe(certificate);
    expect(Certificate.from({ der: good }).subject).toEqual(certificate.subject);
  });
});
