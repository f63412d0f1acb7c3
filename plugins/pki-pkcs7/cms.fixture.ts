import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { tag, write } from './der.ts';

const hex = (text: string) => Buffer.from(text, 'hex');
/** Whole values of DER. */
export const oid = {
  data: hex('06092a864886f70d010701'),
  signedData: hex('06092a864886f70d010702'),
  contentType: hex('06092a864886f70d010903'),
  messageDigest: hex('06092a864886f70d010904'),
  other: hex('06032a0304'),
} as const;
export const algorithm = {
  sha256: hex('300b0609608648016503040201'),
  sha256Null: hex('300d06096086480165030402010500'),
  sha384: hex('300b0609608648016503040202'),
  ecdsaSha256: hex('300a06082a8648ce3d040302'),
  ecdsaSha384: hex('300a06082a8648ce3d040303'),
  ecPublicKey: hex('300906072a8648ce3d0201'),
  sha256Rsa: hex('300d06092a864886f70d01010b0500'),
} as const;

export const integer = (value: number) => write(tag.integer, Uint8Array.of(value));
const name = (text: string) =>
  write(tag.sequence, write(tag.set, write(tag.sequence, hex('0603550403'), write(0x0c, Buffer.from(text)))));

export interface Identity {
  readonly certificate: Uint8Array;
  readonly privateKey: KeyObject;
  /** IssuerAndSerialNumber. */
  readonly sid: Uint8Array;
}

/** A certificate of X.509's first version: P-256, its own signature left blank. */
export function makeIdentity(subject: string, issuer = subject, serial = 5): Identity {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const time = (text: string) => write(0x17, Buffer.from(text));
  const validity = write(tag.sequence, time('250101000000Z'), time('490101000000Z'));
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const tbs = [integer(serial), algorithm.ecdsaSha256, name(issuer), validity, name(subject), spki];
  const certificate = write(
    tag.sequence,
    write(tag.sequence, ...tbs),
    algorithm.ecdsaSha256,
    write(tag.bitString, Uint8Array.of(0, 1)),
  );
  return { certificate, privateKey, sid: write(tag.sequence, name(issuer), integer(serial)) };
}

export const attribute = (type: Uint8Array, ...values: Uint8Array[]) =>
  write(tag.sequence, type, write(tag.set, ...values));

/** What an honest signer attests of a message. */
export const honest = (message: Uint8Array) => [
  attribute(oid.contentType, oid.data),
  attribute(oid.messageDigest, write(tag.octetString, createHash('sha256').update(message).digest())),
];

export interface InfoChoices {
  readonly version?: number;
  /** Undefined: the message is signed itself. */
  readonly attributes?: readonly Uint8Array[] | undefined;
  readonly digest?: Uint8Array;
  readonly algorithm?: Uint8Array;
  readonly unsigned?: readonly Uint8Array[];
}

/** A SignerInfo, its signature made with SHA-256 whatever it says. */
export function makeInfo(signer: Identity, message: Uint8Array, choices: InfoChoices = {}): Uint8Array {
  const attributes = 'attributes' in choices ? choices.attributes : honest(message);
  const text = attributes === undefined ? message : write(tag.set, ...attributes);
  return write(
    tag.sequence,
    integer(choices.version ?? 1),
    signer.sid,
    choices.digest ?? algorithm.sha256,
    ...(attributes === undefined ? [] : [write(tag.context0, ...attributes)]),
    choices.algorithm ?? algorithm.ecdsaSha256,
    write(tag.octetString, sign('sha256', text, signer.privateKey)),
    ...(choices.unsigned === undefined ? [] : [write(tag.context1, ...choices.unsigned)]),
  );
}

export interface FileChoices {
  readonly version?: number;
  readonly digests?: readonly Uint8Array[];
  readonly contentType?: Uint8Array;
  readonly content?: readonly Uint8Array[];
  readonly afterwards?: readonly Uint8Array[];
}

/** A SignedData file. */
export function makeFile(
  certificates: readonly Uint8Array[],
  infos: readonly Uint8Array[],
  choices: FileChoices = {},
): Uint8Array {
  const { version = 1, digests = [algorithm.sha256], contentType = oid.data, content = [], afterwards = [] } = choices;
  const fields = [
    integer(version),
    write(tag.set, ...digests),
    write(tag.sequence, contentType, ...content),
    write(tag.context0, ...certificates),
    write(tag.set, ...infos),
    ...afterwards,
  ];
  return write(tag.sequence, oid.signedData, write(tag.context0, write(tag.sequence, ...fields)));
}
