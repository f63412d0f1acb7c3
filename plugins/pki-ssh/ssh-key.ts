import type { PluginApi, VerifyKey } from '@countersign/plugin-api';
import { bitString, integer, sequence } from './der.ts';
import { limits } from './limits.ts';
import { mpint, string, WireReader } from './wire.ts';

/** A public key in SSH's encoding. */
export interface SshKey {
  /** Such as `ssh-ed25519`. */
  readonly type: string;
  /** The key in its one canonical spelling, as `authorized_keys` has it in base64. */
  readonly blob: Buffer;
  readonly verifyKey: VerifyKey;
  /** Of a key held by a FIDO security key: the application it signs for, such as `ssh:`. */
  readonly application?: Buffer;
}

/** What one key type reads: the canonical wire form of its fields, and the same key as X.509 has it. */
interface Fields {
  readonly wire: readonly Uint8Array[];
  readonly spki: Uint8Array;
  readonly application?: Buffer;
}

/** AlgorithmIdentifiers in DER (RFC 3279 §2.3.1, RFC 5480 §2.1.1, RFC 8410 §3). */
const algorithmIdentifiers = {
  rsa: '300d06092a864886f70d0101010500',
  ed25519: '300506032b6570',
  nistp256: '301306072a8648ce3d020106082a8648ce3d030107',
  nistp384: '301006072a8648ce3d020106052b81040022',
  nistp521: '301006072a8648ce3d020106052b81040023',
} as const;

const keyTypes: ReadonlyMap<string, (reader: WireReader) => Fields | undefined> = new Map([
  ['ssh-rsa', rsa],
  ['ssh-ed25519', ed25519],
  ['ecdsa-sha2-nistp256', ecdsa('nistp256')],
  ['ecdsa-sha2-nistp384', ecdsa('nistp384')],
  ['ecdsa-sha2-nistp521', ecdsa('nistp521')],
  ['sk-ssh-ed25519@openssh.com', securityKey(ed25519)],
  ['sk-ecdsa-sha2-nistp256@openssh.com', securityKey(ecdsa('nistp256'))],
]);

/** Types that upstream takes and this log does not: DSA, and certificates, whose issuer nobody would check. */
const refusedType = /^ssh-dss$|-cert-v01@openssh\.com$/;

/**
 * Reads a key in SSH's encoding (RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4, OpenSSH's PROTOCOL.u2f).
 *
 * @throws `ERR_MALFORMED`, and `ERR_UNSUPPORTED` for what is read but cannot be used: DSA, certificates, RSA that
 * is too short or too long, points off their curve
 */
export function readSshKey(api: PluginApi, bytes: Uint8Array): SshKey {
  const malformed = () => api.errors.refuse('ERR_MALFORMED', 'malformed ssh public key');
  const reader = new WireReader(bytes, malformed);
  const type = reader.text();
  const read = keyTypes.get(type);
  if (read === undefined) {
    const code = refusedType.test(type) ? 'ERR_UNSUPPORTED' : 'ERR_MALFORMED';
    throw api.errors.refuse(code, `unsupported ssh key type ${JSON.stringify(type.slice(0, 64))}`);
  }
  const fields = read(reader);
  if (fields === undefined) throw malformed();
  reader.end();
  const { wire, spki, application } = fields;
  return {
    type,
    blob: Buffer.concat([string(type), ...wire]),
    verifyKey: parseSpki(api, spki),
    ...(application && { application }),
  };
}

function parseSpki(api: PluginApi, spki: Uint8Array): VerifyKey {
  try {
    return api.crypto.parseSpki(spki);
  } catch (cause) {
    throw api.errors.refuse('ERR_UNSUPPORTED', 'unsupported ssh public key', cause);
  }
}

function rsa(reader: WireReader): Fields | undefined {
  const [exponent, modulus] = [reader.natural(), reader.natural()];
  if (exponent.length > limits.rsaExponentBytes) return undefined;
  return {
    wire: [mpint(exponent), mpint(modulus)],
    spki: subjectPublicKeyInfo('rsa', sequence(integer(modulus), integer(exponent))),
  };
}

function ed25519(reader: WireReader): Fields {
  const point = reader.string();
  return { wire: [string(point)], spki: subjectPublicKeyInfo('ed25519', point) };
}

function ecdsa(curve: 'nistp256' | 'nistp384' | 'nistp521'): (reader: WireReader) => Fields | undefined {
  return (reader) => {
    if (reader.text() !== curve) return undefined;
    const point = reader.string();
    return { wire: [string(curve), string(point)], spki: subjectPublicKeyInfo(curve, point) };
  };
}

function securityKey(read: (reader: WireReader) => Fields | undefined): (reader: WireReader) => Fields | undefined {
  return (reader) => {
    const fields = read(reader);
    if (fields === undefined) return undefined;
    const application = reader.string();
    return { ...fields, wire: [...fields.wire, string(application)], application };
  };
}

function subjectPublicKeyInfo(algorithm: keyof typeof algorithmIdentifiers, key: Uint8Array): Uint8Array {
  return sequence(Buffer.from(algorithmIdentifiers[algorithm], 'hex'), bitString(key));
}
