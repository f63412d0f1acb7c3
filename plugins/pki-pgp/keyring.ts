import { hashedKey, type KeyPacket } from './key-packet.ts';
import { PacketStream } from './packet-stream.ts';
import { type RawPacket, tags, writePacket } from './packets.ts';
import { Problem } from './problem.ts';
import { type SignaturePacket, types } from './signature-packet.ts';
import { isSignedBy, keyObjectOf } from './verify-signature.ts';

/** A user id that the key itself has signed. */
export interface Identity {
  readonly userId: Uint8Array;
  /** The newest self-signature; none where there are only revocations. */
  self?: SignaturePacket;
  readonly revocations: SignaturePacket[];
  /** All signatures in their order, other people's included. */
  readonly signatures: SignaturePacket[];
}

/** A subkey that the primary key has bound to itself. */
export interface Subkey {
  readonly key: KeyPacket;
  /** The newest binding. */
  readonly binding: SignaturePacket;
  readonly revocations: readonly SignaturePacket[];
}

/** One OpenPGP key with all that belongs to it (RFC 9580 §10.1). Every self-signature in it has been verified. */
export interface Entity {
  readonly primary: KeyPacket;
  readonly revocations: readonly SignaturePacket[];
  readonly identities: readonly Identity[];
  readonly subkeys: readonly Subkey[];
}

/**
 * Reads a keyring: every key in it that holds together. Which are kept, and what of them, decides
 * the bytes in the log, so this follows upstream's reader rule by rule.
 */
export function readKeyring(packets: readonly RawPacket[]): Entity[] {
  const stream = new PacketStream(packets);
  const entities: Entity[] = [];
  let last = new Problem('fatal', 'no PGP public keys could be read');
  for (;;) {
    try {
      const entity = readEntity(stream);
      if (entity === undefined) break;
      entities.push(entity);
    } catch (error) {
      if (!(error instanceof Problem && error.kind === 'structural')) throw error;
      last = error;
      stream.skipToPrimary();
    }
  }
  if (entities.length === 0) throw last;
  return entities;
}

function readEntity(stream: PacketStream): Entity | undefined {
  const first = stream.next();
  if (first === undefined) return undefined;
  if (first.is !== 'key' || first.key.isSubkey) {
    throw new Problem('structural', 'first packet was not a public/private key');
  }
  const primary = first.key;
  keyObjectOf(primary);
  const identities = new Map<string, Identity>();
  const subkeys: Subkey[] = [];
  const revocations: SignaturePacket[] = [];
  for (let packet = stream.next(); packet !== undefined; packet = stream.next()) {
    if (packet.is === 'key' && !packet.key.isSubkey) {
      stream.back();
      break;
    }
    if (packet.is === 'key') subkeys.push(readSubkey(stream, primary, packet.key));
    else if (packet.is === 'user id') {
      const identity = readIdentity(stream, primary, packet.body);
      // The same text again takes the place of the first.
      if (identity !== undefined) identities.set(Buffer.from(identity.userId).toString('latin1'), identity);
    } else if (packet.is === 'signature' && packet.signature.type === types.keyRevocation) {
      revocations.push(packet.signature);
    }
  }
  if (identities.size === 0) throw new Problem('structural', 'v4 entity without any identities');
  for (const revocation of revocations) {
    if (!isSignedBy(primary, revocation, hashedKey(primary.body))) {
      throw new Problem('structural', 'revocation signature signed by alternate key');
    }
  }
  return { primary, revocations, identities: [...identities.values()], subkeys };
}

function readIdentity(stream: PacketStream, primary: KeyPacket, userId: Uint8Array): Identity | undefined {
  const identity: Identity = { userId, revocations: [], signatures: [] };
  let own = false;
  for (const signature of signaturesOf(stream)) {
    const { type } = signature;
    const certifies = type >= types.firstCertification && type <= types.lastCertification;
    if (!certifies && type !== types.certificationRevocation) {
      throw new Problem('structural', 'user ID signature with wrong type');
    }
    identity.signatures.push(signature);
    if (!names(signature, primary)) continue;
    if (!isSignedBy(primary, signature, hashedKey(primary.body), hashedUserId(userId))) {
      throw new Problem('structural', 'user ID self-signature invalid');
    }
    own = true;
    if (!certifies) identity.revocations.push(signature);
    else identity.self = newer(identity.self, signature);
  }
  return own ? identity : undefined;
}

function readSubkey(stream: PacketStream, primary: KeyPacket, key: KeyPacket): Subkey {
  let binding: SignaturePacket | undefined;
  const revocations: SignaturePacket[] = [];
  for (const signature of costingTheKey(() => [...signaturesOf(stream)])) {
    if (signature.type !== types.subkeyBinding && signature.type !== types.subkeyRevocation) {
      throw new Problem('structural', 'subkey signature with wrong type');
    }
    requireBound(primary, key, signature);
    if (signature.type === types.subkeyRevocation) revocations.push(signature);
    else binding = newer(binding, signature);
  }
  if (binding === undefined) throw new Problem('structural', 'subkey packet not followed by signature');
  return { key, binding, revocations };
}

/** A subkey that may sign must have signed the primary key in its turn, or it could be anybody's. */
function requireBound(primary: KeyPacket, subkey: KeyPacket, signature: SignaturePacket): void {
  const both = [hashedKey(primary.body), hashedKey(subkey.body)];
  if (!isSignedBy(primary, signature, ...both)) throw new Problem('structural', 'subkey signature invalid');
  if (!maySign(signature)) return;
  const { embedded } = signature.claims;
  if (embedded === undefined) throw new Problem('structural', 'signing subkey is missing cross-signature');
  if (!isSignedBy(subkey, embedded, ...both)) throw new Problem('structural', 'cross-signature invalid');
}

/** Key flag 0x02 (RFC 9580 §5.2.3.29). */
export function maySign(self: SignaturePacket | undefined): boolean {
  return ((self?.claims.flags ?? 0) & 0x02) !== 0;
}

function* signaturesOf(stream: PacketStream): Generator<SignaturePacket> {
  for (let packet = stream.next(); packet !== undefined; packet = stream.next()) {
    if (packet.is !== 'signature') {
      stream.back();
      return;
    }
    yield packet.signature;
  }
}

/** What is cut off after a subkey costs the key, as upstream has it, and not the file. */
function costingTheKey<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Problem && error.kind === 'fatal')) throw error;
    throw new Problem('structural', error.message);
  }
}

function names({ claims }: SignaturePacket, key: KeyPacket): boolean {
  if (claims.issuerFingerprint !== undefined) return claims.issuerFingerprint === key.fingerprint;
  return claims.issuer === key.keyId;
}

function newer(known: SignaturePacket | undefined, other: SignaturePacket): SignaturePacket {
  return known === undefined || other.claims.created > known.claims.created ? other : known;
}

function hashedUserId(userId: Uint8Array): Uint8Array {
  const header = Buffer.of(0xb4, 0, 0, 0, 0);
  header.writeUInt32BE(userId.length, 1);
  return Buffer.concat([header, userId]);
}

/** Writes what was kept, in upstream's order. */
export function writeKeyring(entities: readonly Entity[]): Uint8Array {
  const signatures = (list: readonly SignaturePacket[]) => list.map(({ body }) => ({ tag: tags.signature, body }));
  const packets = entities.flatMap(({ primary, revocations, identities, subkeys }): RawPacket[] => [
    { tag: tags.publicKey, body: primary.body },
    ...signatures(revocations),
    ...identities.flatMap((identity) => [
      { tag: tags.userId, body: identity.userId },
      ...signatures(identity.signatures),
    ]),
    ...subkeys.flatMap((subkey) => [
      { tag: tags.publicSubkey, body: subkey.key.body },
      ...signatures([...subkey.revocations, subkey.binding]),
    ]),
  ]);
  return Buffer.concat(packets.map(writePacket));
}
