import { sign } from 'node:crypto';
import { contentType, makeIdentity, signedData } from './cms.ts';
import { der, hex, integer, tag } from './der.ts';
import { makePgpKey, signatureType } from './openpgp.ts';
import { base64, fresh, hash, type Maker, makeKeyPair, proposal, rawKey } from './proposal.ts';

const ecdsa = makeKeyPair('ecdsa');
const ed25519 = makeKeyPair('ed25519');
const pgpKey = makePgpKey('A Signer <signer@example.test>', 1_700_000_000);
const authority = makeIdentity('A Timestamp Authority');
const keyNumber = Buffer.from('8 bytes!');

function hashedrekord(): ReturnType<Maker> {
  const artifact = fresh();
  const content = base64(sign('sha256', artifact, ecdsa.privateKey));
  return proposal('hashedrekord', {
    data: { hash: { algorithm: 'sha256', value: hash('sha256', artifact).toString('hex') } },
    signature: { content, publicKey: { content: ecdsa.pem } },
  });
}

/** A rekord whose signature and key are files of `format`. */
function rekord(format: string, signer: (artifact: Buffer) => readonly [signature: string, key: string]): Maker {
  return () => {
    const artifact = fresh();
    const [content, key] = signer(artifact);
    const signature = { format, content, publicKey: { content: key } };
    return proposal('rekord', { data: { content: base64(artifact) }, signature });
  };
}

const minisign = (payload: Uint8Array) =>
  base64(`untrusted comment: a file\n${base64(Buffer.concat([Buffer.from('Ed'), keyNumber, payload]))}\n`);

/** What a targets file of a new repository says, and the root that says whose word it is. */
function tuf(): ReturnType<Maker> {
  const key = { keytype: 'ed25519', keyval: { public: rawKey(ed25519).toString('hex') }, scheme: 'ed25519' };
  const keyid = 'a'.repeat(64);
  const role = { keyids: [keyid], threshold: 1 };
  const expires = '2099-01-01T00:00:00Z';
  // Members are in order, and nothing needs to be escaped: this is canonical JSON.
  const file = (signed: object) => ({
    signatures: [{ keyid, sig: sign(null, Buffer.from(JSON.stringify(signed)), ed25519.privateKey).toString('hex') }],
    signed,
  });
  const roles = { root: role, snapshot: role, targets: role, timestamp: role };
  const targets = { a: { hashes: { sha256: fresh().toString('hex') }, length: 3 } };
  const root = { _type: 'root', consistent_snapshot: true, expires, keys: { [keyid]: key }, roles };
  const rest = { spec_version: '1.0.31', version: 1 };
  return proposal('tuf', {
    metadata: { content: file({ _type: 'targets', expires, spec_version: '1.0.31', targets, version: 1 }) },
    root: { content: file({ ...root, ...rest }) },
  });
}

/** A granted response (RFC 3161 §2.4.2) for a new digest. */
function rfc3161(): ReturnType<Maker> {
  const imprint = der(tag.sequence, hex('300b0609608648016503040201'), der(tag.octetString, fresh()));
  const time = der(tag.generalizedTime, Buffer.from('20260101000000Z'));
  const info = der(tag.sequence, integer(1), hex('06032a0304'), imprint, integer(7), time);
  const token = signedData(authority, contentType.timestamp, info, true);
  return proposal('rfc3161', { tsr: { content: base64(der(tag.sequence, hex('3003020100'), token)) } });
}

/** Detached signatures, metadata and timestamps, by kind and, where there are several, format. */
export const signatureMakers: Readonly<Record<string, Maker>> = {
  hashedrekord,
  'rekord minisign': rekord('minisign', (artifact) => [
    minisign(sign(null, artifact, ed25519.privateKey)),
    minisign(rawKey(ed25519)),
  ]),
  'rekord pgp': rekord('pgp', (artifact) => [base64(pgpKey.sign(signatureType.binary, artifact)), base64(pgpKey.file)]),
  'rekord x509': rekord('x509', (artifact) => [base64(sign('sha256', artifact, ecdsa.privateKey)), ecdsa.pem]),
  rfc3161,
  tuf,
};
