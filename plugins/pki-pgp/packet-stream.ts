import { type KeyPacket, readKey } from './key-packet.ts';
import { type RawPacket, tags } from './packets.ts';
import { Problem } from './problem.ts';
import { readSignature, type SignaturePacket } from './signature-packet.ts';

/** A packet that was looked into. `other` ones are known and mean nothing in a key. */
export type Packet =
  | { readonly is: 'key'; readonly key: KeyPacket }
  | { readonly is: 'signature'; readonly signature: SignaturePacket }
  | { readonly is: 'user id'; readonly body: Uint8Array }
  | { readonly is: 'other' };

/**
 * Packets one after the other, as upstream reads them: markers, trust packets, uncritical unknown
 * ones and those of unsupported versions or algorithms are passed over as if they were not there.
 */
export class PacketStream {
  readonly #packets: readonly RawPacket[];
  #at = 0;

  constructor(packets: readonly RawPacket[]) {
    this.#packets = packets;
  }

  /** The next packet, or `undefined` at the end. */
  next(): Packet | undefined {
    for (let raw = this.#packets[this.#at]; raw !== undefined; raw = this.#packets[this.#at]) {
      this.#at++;
      if (raw.tag === tags.trust || raw.tag >= tags.firstUncritical || isMarker(raw)) continue;
      try {
        return look(raw);
      } catch (error) {
        if (!(error instanceof Problem && error.kind === 'unsupported')) throw error;
      }
    }
    return undefined;
  }

  /** Makes {@link next} return the packet it returned last once more. */
  back(): void {
    this.#at--;
  }

  /** Leaves out packets up to the next primary key. */
  skipToPrimary(): void {
    for (let packet = this.next(); packet !== undefined; packet = this.next()) {
      if (packet.is === 'key' && !packet.key.isSubkey) {
        this.back();
        return;
      }
    }
  }
}

function isMarker({ tag, body }: RawPacket): boolean {
  if (tag !== tags.marker) return false;
  if (Buffer.from(body).toString('latin1') !== 'PGP') throw new Problem('structural', 'invalid marker packet');
  return true;
}

function look({ tag, body }: RawPacket): Packet {
  if (tag === tags.signature) return { is: 'signature', signature: readSignature(body) };
  if (tag === tags.publicKey || tag === tags.publicSubkey) {
    return { is: 'key', key: readKey(body, tag === tags.publicSubkey) };
  }
  if (tag === tags.userId) return { is: 'user id', body };
  if (tag === tags.userAttribute || tag === tags.padding) return { is: 'other' };
  if (tag === tags.secretKey || tag === tags.secretSubkey) throw new Problem('fatal', 'this is a private key');
  throw new Problem('fatal', `a packet of type ${tag} is no part of a key or a signature`);
}
