import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithClients } from './support/clients.ts';
import { roundTrip } from './support/round-trip.ts';
import { shareLog } from './support/shared-log.ts';

/** A byte string of CBOR, below 64 KiB. */
const cbor = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from([0x59, bytes.length >> 8, bytes.length & 0xff]), bytes]);
/** The same where it is shorter than 24 bytes, as deterministic encoding has it. */
const shortCbor = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([0x40 | bytes.length]), bytes]);

/** A COSE_Sign1 message (RFC 9052 §4.2) over a payload of 256 bytes. */
function messageBy(privateKey: KeyObject, algorithm: 'ES256' | 'PS256', aad: Buffer): Buffer {
  const header = Buffer.from({ ES256: 'a10126', PS256: 'a1013824' }[algorithm], 'hex');
  const payload = Buffer.alloc(256, algorithm);
  const signed = Buffer.concat([
    ...[Buffer.from([0x84, 0x6a]), Buffer.from('Signature1')],
    ...[shortCbor(header), shortCbor(aad), cbor(payload)],
  ]);
  const signature = sign('sha256', signed, {
    key: privateKey,
    ...(algorithm === 'ES256'
      ? { dsaEncoding: 'ieee-p1363' }
      : { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }),
  });
  return Buffer.concat([
    ...[Buffer.from([0xd2, 0x84]), shortCbor(header)],
    ...[Buffer.from([0xa0]), cbor(payload), cbor(signature)],
  ]);
}

const asText = (text: string): string => text.replace(/\ufffd+/g, '\ufffd');

const cases = [
  { what: 'ES256', aad: '' },
  { what: 'ES256', aad: 'beside it' },
  { what: 'PS256', aad: '' },
  { what: 'PS256', aad: 'beside it' },
] as const;

describeWithClients('cose', () => {
  const log = shareLog({ COUNTERSIGN_LOG_ATTESTATIONS: 'true' });

  it.each(cases)('$what, with "$aad" beside: uploads, finds, verifies, and has its message again', async ({
    what,
    aad,
  }) => {
    const folder = log.newFolder();
    const [artifact, key] = [join(folder, 'message.cose'), join(folder, 'key.pem')];
    const { publicKey, privateKey } =
      what === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeFileSync(artifact, messageBy(privateKey, what, Buffer.from(aad)));
    writeFileSync(key, publicKey.export({ format: 'pem', type: 'spki' }));
    const flags = ['--type', 'cose', '--artifact', artifact, '--public-key', key, '--pki-format', 'x509'];
    if (aad !== '') flags.push('--aad', Buffer.from(aad).toString('base64'));
    const id = await roundTrip(log.both, flags, {
      body: { CoseObj: { data: { payloadHash: { algorithm: 'sha256' } } } },
    });
    for (const client of log.both) {
      // A client puts bytes into JSON as text, and each has its way with those that are none.
      const shown = (await client.json('get', '--uuid', id)).Attestation;
      expect(asText(shown as string)).toBe(asText(readFileSync(artifact, 'utf8')));
      for (const search of [
        ['--artifact', artifact],
        ['--public-key', key, '--pki-format', 'x509'],
      ]) {
        expect((await client.json('search', ...search)).UUIDs).toContain(id);
      }
    }
  });
});
