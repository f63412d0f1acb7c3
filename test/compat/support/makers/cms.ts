import { type KeyObject, sign } from 'node:crypto';
import { der, hex, integer, tag } from './der.ts';
import { hash, makeKeyPair } from './proposal.ts';

const oid = {
  signedData: hex('06092a864886f70d010702'),
  contentType: hex('06092a864886f70d010903'),
  messageDigest: hex('06092a864886f70d010904'),
} as const;

/** Content types of CMS, as whole values. */
export const contentType = {
  data: hex('06092a864886f70d010701'),
  timestamp: hex('060b2a864886f70d0109100104'),
} as const;

const sha256 = hex('300b0609608648016503040201');
const ecdsaSha256 = hex('300a06082a8648ce3d040302');
const name = (text: string) =>
  der(tag.sequence, der(tag.set, der(tag.sequence, hex('0603550403'), der(0x0c, Buffer.from(text)))));

/** Who signs, with a certificate: P-256, self-issued, of the first version, its own signature left blank. */
export interface Identity {
  readonly certificate: Buffer;
  readonly privateKey: KeyObject;
  /** IssuerAndSerialNumber. */
  readonly sid: Buffer;
}

export function makeIdentity(subject: string): Identity {
  const { privateKey, publicKey } = makeKeyPair('ecdsa');
  const time = (text: string) => der(0x17, Buffer.from(text));
  const validity = der(tag.sequence, time('250101000000Z'), time('490101000000Z'));
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const tbs = der(tag.sequence, integer(5), ecdsaSha256, name(subject), validity, name(subject), spki);
  const certificate = der(tag.sequence, tbs, ecdsaSha256, der(tag.bitString, Buffer.of(0, 1)));
  return { certificate, privateKey, sid: der(tag.sequence, name(subject), integer(5)) };
}

/** A SignedData (RFC 5652 §5) of one signer with signed attributes; `enclosed` says whether it holds what is signed. */
export function signedData(signer: Identity, type: Buffer, content: Buffer, enclosed: boolean): Buffer {
  const attributes = [
    der(tag.sequence, oid.contentType, der(tag.set, type)),
    der(tag.sequence, oid.messageDigest, der(tag.set, der(tag.octetString, hash('sha256', content)))),
  ];
  const signature = sign('sha256', der(tag.set, ...attributes), signer.privateKey);
  const info = der(
    tag.sequence,
    ...[integer(1), signer.sid, sha256, der(tag.context0, ...attributes), ecdsaSha256, der(tag.octetString, signature)],
  );
  const fields = [
    integer(type === contentType.data ? 1 : 3),
    der(tag.set, sha256),
    der(tag.sequence, type, ...(enclosed ? [der(tag.context0, der(tag.octetString, content))] : [])),
    der(tag.context0, signer.certificate),
    der(tag.set, info),
  ];
  return der(tag.sequence, oid.signedData, der(tag.context0, der(tag.sequence, ...fields)));
}
