import type { HashAlgorithm, PluginApi } from '@countersign/plugin-api';
import { readArmor } from './armor.ts';
import { readSshKey, type SshKey } from './ssh-key.ts';
import { schemes } from './verify.ts';
import { string, uint32, WireReader } from './wire.ts';

/** A parsed SSHSIG (OpenSSH's PROTOCOL.sshsig), whose namespace is `file` and hash SHA-512. */
export interface SshSig {
  /** The key that says it made the signature. */
  readonly key: SshKey;
  /** Such as `rsa-sha2-512`. */
  readonly format: string;
  readonly signature: Buffer;
  /** Flags and counter of a security key; empty for others. */
  readonly rest: Buffer;
}

const magic = Buffer.from('SSHSIG');
const version = 1;
const namespace = 'file';

/** The hash every logged signature is declared to be made with, as upstream. */
export const sshSigHash = 'sha512' satisfies HashAlgorithm;

/**
 * Reads an armored signature.
 *
 * @throws `ERR_MALFORMED`, and `ERR_UNSUPPORTED` for what upstream declares to be SHA-512 without
 * looking, so that it never verifies, and for algorithms of another time
 */
export function readSshSig(api: PluginApi, file: Uint8Array): SshSig {
  const malformed = () => api.errors.refuse('ERR_MALFORMED', 'malformed ssh signature');
  const unsupported = (what: string) => api.errors.refuse('ERR_UNSUPPORTED', `unsupported ssh signature: ${what}`);
  const base64 = readArmor(Buffer.from(file).toString('latin1'));
  if (base64 === undefined) throw malformed();

  const outer = new WireReader(api.encoding.fromBase64(base64), malformed);
  if (!outer.bytes(magic.length).equals(magic)) throw malformed();
  if (outer.uint32() !== version) throw unsupported('its version is not 1');
  const key = outer.string();
  if (outer.text() !== namespace) throw unsupported(`its namespace is not ${namespace}: sign with -n ${namespace}`);
  outer.string(); // Reserved, and dropped by upstream.
  if (outer.text() !== sshSigHash)
    throw unsupported(`its hash is not ${sshSigHash}: sign with -O hashalg=${sshSigHash}`);
  const inner = new WireReader(outer.string(), malformed);
  outer.end();

  const format = inner.text();
  const signature = inner.string();
  const scheme = schemes.get(format);
  if (scheme === undefined) throw unsupported(`its algorithm is ${JSON.stringify(format.slice(0, 64))}`);
  const rest = inner.rest();
  if (rest.length > 0 && !scheme.securityKey) throw malformed();
  return { key: readSshKey(api, key), format, signature, rest };
}

/** Writes the canonical form: what is reserved is empty, the armor has 64 columns. */
export function writeSshSig(api: PluginApi, { key, format, signature, rest }: SshSig): Buffer {
  const inner = Buffer.concat([string(format), string(signature), rest]);
  const blob = Buffer.concat([magic, uint32(version), string(key.blob), purpose, string(inner)]);
  return Buffer.from(api.encoding.encodePem('SSH SIGNATURE', blob));
}

/** What is signed, for an artifact's SHA-512. */
export function signedData(digest: Uint8Array): Buffer {
  return Buffer.concat([magic, purpose, string(digest)]);
}

/** Namespace, reserved and hash: the same in every canonical signature and in what is signed. */
const purpose = Buffer.concat([string(namespace), string(''), string(sshSigHash)]);
