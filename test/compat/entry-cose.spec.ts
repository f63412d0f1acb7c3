import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithClients } from './support/clients.ts';
import { countersignCli, type LogClient, rekorCli } from './support/log-client.ts';
import { type LogUnderTest, startLog, temporaryFolder } from './support/log-under-test.ts';

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

const cases = [
  { what: 'ES256', aad: '' },
  { what: 'ES256', aad: 'beside it' },
  { what: 'PS256', aad: '' },
  { what: 'PS256', aad: 'beside it' },
] as const;

describeWithClients('cose', () => {
  const homes = [temporaryFolder(), temporaryFolder()] as const;
  const folders: string[] = [...homes];
  let log: LogUnderTest;
  let upstream: LogClient;
  let own: LogClient;

  beforeAll(async () => {
    log = await startLog();
    upstream = rekorCli(log.url, homes[0]);
    own = countersignCli(log.url, homes[1]);
  });

  afterAll(async () => {
    await log?.close();
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  it.each(cases)('$what, with "$aad" beside: uploads, finds and verifies', async ({ what, aad }) => {
    const folder = temporaryFolder();
    folders.push(folder);
    const [artifact, key] = [join(folder, 'message.cose'), join(folder, 'key.pem')];
    const { publicKey, privateKey } =
      what === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeFileSync(artifact, messageBy(privateKey, what, Buffer.from(aad)));
    writeFileSync(key, publicKey.export({ format: 'pem', type: 'spki' }));
    const flags = ['--type', 'cose', '--artifact', artifact, '--public-key', key, '--pki-format', 'x509'];
    if (aad !== '') flags.push('--aad', Buffer.from(aad).toString('base64'));

    const created = await upstream.text('upload', ...flags);
    const [, id] = /^Created entry at index \d+, available at: \S+\/([0-9a-f]{80})\n/.exec(created) ?? [];
    expect(id).toBeDefined();
    for (const client of [upstream, own]) {
      expect(await client.text('upload', ...flags)).toMatch(
        new RegExp(`^Entry already exists; available at: \\S+/${id}\n`),
      );
      expect(await client.text('verify', ...flags)).toContain(`Entry Hash: ${id?.slice(16)}`);
      const { Body } = await client.json('get', '--uuid', id ?? '');
      expect(Body.CoseObj.data.payloadHash.algorithm).toBe('sha256');
      for (const search of [
        ['--artifact', artifact],
        ['--public-key', key, '--pki-format', 'x509'],
      ]) {
        expect((await client.json('search', ...search)).UUIDs).toContain(id);
      }
      expect(await client.text('loginfo')).toContain('Verification Successful!');
    }
  });
});
