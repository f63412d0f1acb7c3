import { canonicalText } from './canonical-text.ts';
import { objection, type SigningKey } from './judgement.ts';
import { Problem } from './problem.ts';
import { type SignaturePacket, types } from './signature-packet.ts';
import { isSignedBy } from './verify-signature.ts';

/** A key that may have made a signature, and the file it came in. */
export interface Candidate<File> extends SigningKey {
  readonly file: File;
}

/**
 * The keys that made `packet` over `message`: one key, in every file that holds it. The signature is judged at the
 * time it names itself. An `invalid` {@link Problem} when none does, in upstream's words.
 */
export function signersOf<File>(
  packet: SignaturePacket,
  message: Uint8Array,
  candidates: readonly Candidate<File>[],
): Candidate<File>[] {
  const { type, claims } = packet;
  if (type !== types.binary && type !== types.text) {
    throw new Problem('invalid', `unsupported signature type: ${type}`);
  }
  const data = type === types.text ? canonicalText(message) : message;
  const named = candidates.filter(({ key }) => key.keyId === claims.issuer);
  let reason = named.length > 0 ? 'invalid signature' : 'signature made by unknown entity';
  // One key may stand in many files: the message is hashed once for it.
  const verified = new Map<string, boolean>();
  const decided = new Set<File>();
  const signers = named.filter((candidate) => {
    const { key, file } = candidate;
    const name = Buffer.from(key.body).toString('latin1');
    const valid = verified.get(name) ?? isSignedBy(key, packet, data);
    verified.set(name, valid);
    // A second copy of the key in the same file, without the revocation perhaps, changes nothing.
    if (!valid || decided.has(file)) return false;
    decided.add(file);
    const against = objection(candidate, packet, claims.created);
    if (against !== undefined) reason = against;
    return against === undefined;
  });
  if (signers.length === 0) throw new Problem('invalid', reason);
  return signers;
}
