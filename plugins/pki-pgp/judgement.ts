import type { KeyPacket } from './key-packet.ts';
import { type Entity, type Identity, maySign, type Subkey } from './keyring.ts';
import type { SignaturePacket } from './signature-packet.ts';

/** A key of a keyring that may sign. */
export interface SigningKey {
  readonly key: KeyPacket;
  readonly entity: Entity;
  readonly subkey?: Subkey;
}

/** The keys of an entity that may sign, its primary key first: by their flags, whatever their state. */
export function signingKeys(entity: Entity): SigningKey[] {
  const subkeys = entity.subkeys.filter(({ binding }) => maySign(binding));
  const primary = maySign(primaryIdentity(entity)?.self) ? [{ key: entity.primary, entity }] : [];
  return [...primary, ...subkeys.map((subkey) => ({ key: subkey.key, entity, subkey }))];
}

/** The primary key, and the subkeys that may sign. */
export function heldBy({ primary, subkeys }: Entity): KeyPacket[] {
  return [primary, ...subkeys.filter(({ binding }) => maySign(binding)).map(({ key }) => key)];
}

/**
 * Why a signature that verifies does not count at `now` (seconds), in upstream's words; `undefined`
 * when it does. A key that has expired since, or was retired since, has still signed; one that was
 * ever compromised has not.
 */
export function objection(signer: SigningKey, signature: SignaturePacket, now: number): string | undefined {
  const { entity, subkey } = signer;
  const identity = primaryIdentity(entity);
  const self = identity?.self;
  if (identity === undefined || self === undefined) return 'signature made by unknown entity';
  const bindings = [subkey?.binding, subkey?.binding.claims.embedded].filter((one) => one !== undefined);
  const involved = [signature, self, ...bindings];
  const notation = involved.find(({ claims }) => claims.criticalNotation !== undefined)?.claims.criticalNotation;
  if (notation !== undefined) return `unknown critical notation: ${notation}`;
  if ([entity.revocations, identity.revocations, subkey?.revocations ?? []].some((list) => revoked(list, now))) {
    return 'signature made by revoked key';
  }
  if (keyExpired(entity.primary, self, now)) return 'key expired';
  if (subkey !== undefined && keyExpired(subkey.key, subkey.binding, now)) return 'key expired';
  return involved.some((one) => expired(one, now)) ? 'signature expired' : undefined;
}

/** The identity that speaks for the key: not revoked rather than revoked, marked rather than not, new rather than old. */
function primaryIdentity({ identities }: Entity): Identity | undefined {
  return identities.reduce<Identity | undefined>((best, other) => (isBetter(other, best) ? other : best), undefined);
}

function isBetter(other: Identity, best: Identity | undefined): boolean {
  if (best === undefined) return true;
  if (other.revocations.length !== best.revocations.length) return other.revocations.length < best.revocations.length;
  if (best.self === undefined) return true;
  if (other.self === undefined) return false;
  const [marked, bestMarked] = [other.self.claims.primary === true, best.self.claims.primary === true];
  return marked === bestMarked ? other.self.claims.created > best.self.claims.created : marked;
}

/** Reason 2 (RFC 9580 §5.2.3.31) is a compromise, of which nobody knows when it began. */
function revoked(revocations: readonly SignaturePacket[], now: number): boolean {
  return revocations.some((one) => one.claims.revocationReason === 2 || !expired(one, now));
}

function expired({ claims: { created, lifetime } }: SignaturePacket, now: number): boolean {
  return isOver(created, lifetime, now);
}

function keyExpired(key: KeyPacket, { claims }: SignaturePacket, now: number): boolean {
  return isOver(key.created, claims.keyLifetime, now);
}

/** Not begun yet, or over. A lifetime of 0 is without end. */
function isOver(created: number, lifetime: number | undefined, now: number): boolean {
  return created > now || (lifetime !== undefined && lifetime > 0 && now > created + lifetime);
}
