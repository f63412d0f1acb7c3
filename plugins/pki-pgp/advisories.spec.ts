import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { PluginApi } from '@countersign/plugin-api';
import { createPluginApi } from '@countersign/plugin-host';
import { hashedKey, readKey } from './key-packet.ts';
import { writePacket } from './packets.ts';
import pgp from './pgp.format.ts';

// Packets no tool writes, signed correctly: each is refused by one check alone.
const format = pgp(createPluginApi({} as PluginApi['pki']));
const message = Buffer.from('an artifact\n');
const start = 1_700_000_000;

const time = (seconds: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(seconds);
  return bytes;
};
const subpacket = (type: number, body: Uint8Array) => Buffer.concat([Buffer.of(body.length + 1, type), body]);
const created = (seconds: number) => subpacket(2, time(seconds));
const flags = (bits: number) => subpacket(27, Buffer.of(bits));

class Key {
  readonly #key: KeyObject;
  readonly body: Buffer;
  readonly issuer: Buffer;

  constructor(other?: Uint8Array) {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    this.#key = privateKey;
    const point = other ?? publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
    this.body = Buffer.concat([Buffer.of(4), time(start), Buffer.of(27), point]);
    this.issuer = subpacket(16, Buffer.from(readKey(this.body, false).keyId, 'hex'));
  }

  protected value(digest: Uint8Array): Buffer {
    return sign(null, digest, this.#key);
  }

  /** A signature packet's body over `data`. */
  sign(type: number, data: Uint8Array, hashed: readonly Uint8Array[], unhashed: readonly Uint8Array[] = []): Buffer {
    const area = (parts: readonly Uint8Array[]) => {
      const bytes = Buffer.concat(parts);
      return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
    };
    const prefix = Buffer.concat([Buffer.of(4, type, 27, 8), area(hashed)]);
    const digest = createHash('sha256')
      .update(data)
      .update(prefix)
      .update(Buffer.of(4, 0xff))
      .update(time(prefix.length));
    const value = this.value(digest.digest());
    return Buffer.concat([prefix, area([...unhashed, this.issuer]), Buffer.of(0, 0), value]);
  }
}

const name = Buffer.from('Key <key@example.test>');
const hashedName = Buffer.concat([Buffer.of(0xb4), time(name.length), name]);
const own = (key: Key, ...data: readonly Uint8Array[]) => Buffer.concat([hashedKey(key.body), ...data]);
const write = (...packets: readonly (readonly [number, Uint8Array])[]) =>
  Buffer.concat(packets.map(([tag, body]) => writePacket({ tag, body })));

function keyFile(key: Key, self: Uint8Array, ...more: readonly (readonly [number, Uint8Array])[]): Buffer {
  return write([6, key.body], [13, name], [2, self], ...more);
}
const selfOf = (key: Key, bits: number) => key.sign(0x13, own(key, hashedName), [created(start), flags(bits)]);

async function verify(file: Uint8Array, signature: Uint8Array) {
  const key = await format.parseKey(file);
  const parsed = await format.parseSignature(write([2, signature]));
  return format.verify({ signed: { message }, signature: parsed, keys: [key] });
}

/** A key whose point anybody can sign for: the neutral element and zero are a signature when a multiple of the point is that. */
class SmallOrderKey extends Key {
  protected override value(): Buffer {
    const value = Buffer.alloc(64);
    value[0] = 1;
    return value;
  }
}

describe('OpenPGP', () => {
  const key = new Key();
  const good = key.sign(0x00, message, [created(start + 1)]);

  it('is what these tests write', async () => {
    expect(await verify(keyFile(key, selfOf(key, 3)), good)).toHaveLength(1);
  });

  it('CVE-2019-9153: a signature of another type than over a document is none', async () => {
    for (const type of [0x02, 0x10, 0x18, 0x1f, 0x40, 0x50]) {
      await expect(verify(keyFile(key, selfOf(key, 3)), key.sign(type, message, [created(start + 1)]))).rejects.toThrow(
        `openpgp: unsupported signature type: ${type}`,
      );
    }
  });

  it('CVE-2019-9154: what stands in unhashed subpackets is not believed', async () => {
    const self = key.sign(0x13, own(key, hashedName), [created(start)], [flags(3)]);
    await expect(verify(keyFile(key, self), good)).rejects.toMatchObject({ code: 'ERR_SIGNATURE_INVALID' });
    const untimed = key.sign(0x00, message, [], [created(start + 1)]);
    await expect(verify(keyFile(key, selfOf(key, 3)), untimed)).rejects.toMatchObject({ code: 'ERR_MALFORMED' });
  });

  it('CVE-2019-9155: a point off its curve is no key', async () => {
    const curve = Buffer.from('2a8648ce3d030107', 'hex');
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(-65);
    const bodyOf = (bytes: Uint8Array) =>
      Buffer.concat([Buffer.of(4), time(start), Buffer.of(19, curve.length), curve, Buffer.of(2, 3), bytes]);
    const off = Buffer.from(point);
    off[64] = (off[64] ?? 0) ^ 1;
    const file = (bytes: Uint8Array) =>
      write([6, bodyOf(bytes)], [13, name], [2, key.sign(0x13, name, [created(start)])]);
    // The good point fails later, for want of a self-signature.
    await expect(verify(file(point), good)).rejects.toThrow('v4 entity without any identities');
    await expect(verify(file(off), good)).rejects.toThrow('invalid public key');
  });

  it('a subkey is its primary key’s own only when each has signed the other', async () => {
    const mine = new Key();
    const both = own(mine, hashedKey(key.body));
    const bind = (...extra: readonly Uint8Array[]) => mine.sign(0x18, both, [created(start), flags(2), ...extra]);
    const ring = (binding: Uint8Array) => keyFile(mine, selfOf(mine, 1), [14, key.body], [2, binding]);
    const back = (signer: Key) => subpacket(32, signer.sign(0x19, both, [created(start)]));
    expect(await verify(ring(bind(back(key))), good)).toHaveLength(1);
    const foreign = new Key().sign(0x18, both, [created(start), flags(2), back(key)]);
    for (const binding of [bind(), bind(back(mine)), foreign]) {
      await expect(verify(ring(binding), good)).rejects.toMatchObject({ code: 'ERR_MALFORMED' });
    }
  });

  it('a key is not taken with a user id or a revocation that others have signed', async () => {
    const other = new Key();
    const forged = Buffer.concat([other.sign(0x13, own(key, hashedName), [created(start), flags(3)])]);
    await expect(verify(keyFile(key, forged), good)).rejects.toMatchObject({ code: 'ERR_MALFORMED' });
    const revocation = other.sign(0x20, own(key), [created(start)]);
    const file = write([6, key.body], [2, revocation], [13, name], [2, selfOf(key, 3)]);
    await expect(verify(file, good)).rejects.toThrow('revocation signature signed by alternate key');
  });

  it('a second copy of a revoked key in the same file does not bring it back', async () => {
    const revoked = (by: Key) => write([6, by.body], [2, by.sign(0x20, own(by), [created(start)])]);
    const rest = write([13, name], [2, selfOf(key, 3)]);
    const file = Buffer.concat([revoked(key), rest, keyFile(key, selfOf(key, 3))]);
    await expect(verify(file, good)).rejects.toThrow('openpgp: signature made by revoked key');
  });

  it('a signature from before its key was made does not count', async () => {
    const early = key.sign(0x00, message, [created(start - 1)]);
    await expect(verify(keyFile(key, selfOf(key, 3)), early)).rejects.toThrow('openpgp: key expired');
  });

  // One signature, made by nobody, over any message. OpenSSL takes it.
  it.each([
    ['of small order', `01${'00'.repeat(31)}`],
    ['of small order, not reduced', `ee${'ff'.repeat(30)}7f`],
  ])('a key with a point %s is refused', async (_, point) => {
    const weak = new SmallOrderKey(Buffer.from(point, 'hex'));
    const signature = weak.sign(0x00, message, [created(start + 1)]);
    await expect(verify(keyFile(weak, selfOf(weak, 3)), signature)).rejects.toMatchObject({
      code: 'ERR_MALFORMED',
      message: expect.stringContaining('malformed Ed25519 key'),
    });
  });

  it('a subkey with a point of small order is refused', async () => {
    const weak = new SmallOrderKey(Buffer.from(`01${'00'.repeat(31)}`, 'hex'));
    const both = own(key, hashedKey(weak.body));
    const back = subpacket(32, weak.sign(0x19, both, [created(start)]));
    const binding = key.sign(0x18, both, [created(start), flags(2), back]);
    const file = keyFile(key, selfOf(key, 1), [14, weak.body], [2, binding]);
    await expect(verify(file, weak.sign(0x00, message, [created(start + 1)]))).rejects.toMatchObject({
      code: 'ERR_MALFORMED',
      message: expect.stringContaining('malformed Ed25519 key'),
    });
  });
});
