import type {
  PkiFormat,
  PkiKey,
  PkiMember,
  PkiSignature,
  PkiSigner,
  PluginApi,
  PluginErrorCode,
} from '@countersign/plugin-api';
import { isBlank, linesOf, readArmor, writeArmor } from './armor.ts';
import { readClearsigned } from './clearsigned.ts';
import { heldBy, signingKeys } from './judgement.ts';
import { readKeyFile } from './key-file.ts';
import type { KeyPacket } from './key-packet.ts';
import { type Entity, writeKeyring } from './keyring.ts';
import { limits } from './limits.ts';
import { PacketStream } from './packet-stream.ts';
import { readPackets } from './packets.ts';
import { Problem, type ProblemKind } from './problem.ts';
import type { SignaturePacket } from './signature-packet.ts';
import { type Candidate, signersOf } from './signers.ts';
import { refuseSmallOrder } from './small-order.ts';
import { emailOf } from './user-id.ts';
import { algorithmOf } from './verify-signature.ts';

const codes: Readonly<Record<ProblemKind, PluginErrorCode>> = {
  unsupported: 'ERR_UNSUPPORTED',
  structural: 'ERR_MALFORMED',
  fatal: 'ERR_MALFORMED',
  'too large': 'ERR_TOO_LARGE',
  foreign: 'ERR_UNSUPPORTED',
  invalid: 'ERR_SIGNATURE_INVALID',
};

const signatureLabel = 'PGP SIGNATURE';

/**
 * OpenPGP (RFC 9580, RFC 4880): armored or binary keyrings and detached signatures, and
 * clearsigned text. Keys and signatures of version 4.
 */
export default function pgp(api: PluginApi): PkiFormat {
  const { errors } = api;
  const keyrings = new WeakMap<PkiKey, readonly Entity[]>();
  const packetsOf = new WeakMap<PkiSignature, readonly SignaturePacket[]>();

  /** Gives what is found wrong a code. */
  function coded<T>(what: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      throw errors.refuse(codes[error.kind], `${what}: ${error.message}`, error);
    }
  }

  function keyringIn(bytes: Uint8Array): Entity[] {
    return coded('error reading PGP public key', () => {
      requireSize(bytes, limits.keyBytes);
      const entities = readKeyFile(bytes);
      for (const key of entities.flatMap(heldBy)) refuseSmallOrder(api, key);
      return entities;
    });
  }

  function keyOf(bytes: Uint8Array): PkiKey {
    const entities = keyringIn(bytes);
    const key: PkiKey = Object.freeze({
      canonical: writeArmor('PGP PUBLIC KEY BLOCK', writeKeyring(entities)),
      identities: entities.flatMap(emailsOf),
      // A key file holds one primary key at least.
      members: entities.flatMap((entity) => heldBy(entity).map(memberOf)) as unknown as PkiKey['members'],
    });
    keyrings.set(key, entities);
    return key;
  }

  function signatureOf(file: Uint8Array): PkiSignature {
    return coded('invalid PGP signature', () => {
      requireSize(file, limits.signatureBytes);
      const { bytes, ...signature } = readSignatureFile(file);
      packetsOf.set(signature, readSignatures(bytes));
      return Object.freeze(signature);
    });
  }

  return {
    async parseKey(bytes) {
      return keyOf(bytes);
    },

    async parseSignature(bytes) {
      return signatureOf(bytes);
    },

    async verify({ signed, signature, keys }) {
      if (!('message' in signed)) {
        throw errors.refuse('ERR_UNSUPPORTED', 'OpenPGP signatures cover the artifact, not its digest');
      }
      const { message } = signed;
      if (signature.message !== undefined && Buffer.compare(signature.message, message) !== 0) {
        throw errors.refuse('ERR_SIGNATURE_INVALID', 'openpgp: the signature carries another text');
      }
      const packets = packetsOf.get(signature) ?? packetsOf.get(signatureOf(signature.canonical)) ?? [];
      const candidates = keys.flatMap((file): Candidate<PkiKey>[] =>
        (keyrings.get(file) ?? keyringIn(file.canonical)).flatMap(signingKeys).map((signer) => ({ ...signer, file })),
      );
      const signers = coded('openpgp', () => packets.flatMap((packet) => signersOf(packet, message, candidates)));
      return distinct(
        signers.map(({ key, entity, file }) => ({ ...memberOf(key), identities: emailsOf(entity), key: file })),
      );
    },
  };
}

/** A key that made several signatures is one signer. */
function distinct(signers: readonly PkiSigner[]): PkiSigner[] {
  const same = (a: PkiSigner, b: PkiSigner) => a.key === b.key && a.fingerprint === b.fingerprint;
  return signers.filter((signer, at) => signers.findIndex((other) => same(other, signer)) === at);
}

function emailsOf({ identities }: Entity): string[] {
  return identities.flatMap(({ userId }) => emailOf(userId) ?? []);
}

function memberOf(key: KeyPacket): PkiMember {
  return { fingerprint: key.fingerprint, algorithm: algorithmOf(key) };
}

function requireSize(bytes: Uint8Array, most: number): void {
  if (bytes.length > most) throw new Problem('too large', `over ${most} bytes`);
}

/** A signature file as the log keeps it, and the packets in it. */
function readSignatureFile(file: Uint8Array): PkiSignature & { readonly bytes: Uint8Array } {
  const lines = linesOf(file);
  const clearsigned = readClearsigned(lines);
  if (clearsigned !== undefined) {
    const { message, signature: bytes } = clearsigned;
    return { canonical: writeArmor(signatureLabel, bytes), message, bytes };
  }
  const armor = readArmor(lines);
  if (armor === undefined) return { canonical: writeArmor(signatureLabel, file), bytes: file };
  // The log keeps the file as it is, so nothing may stand in it that was not looked at.
  if (armor.label !== signatureLabel || !isBlank([...armor.before, ...armor.after])) {
    throw new Problem('fatal', 'the file is not one block of type PGP SIGNATURE');
  }
  return { canonical: file, bytes: armor.bytes };
}

function readSignatures(bytes: Uint8Array): SignaturePacket[] {
  const stream = new PacketStream(readPackets(bytes));
  const found: SignaturePacket[] = [];
  for (let packet = stream.next(); packet !== undefined; packet = stream.next()) {
    if (packet.is !== 'signature') throw new Problem('fatal', 'a packet other than a signature');
    if (found.length === limits.signatures) throw new Problem('too large', `over ${limits.signatures} signatures`);
    found.push(packet.signature);
  }
  if (found.length === 0) throw new Problem('fatal', 'valid PGP signature was not detected');
  return found;
}
