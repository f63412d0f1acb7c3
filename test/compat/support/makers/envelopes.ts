import { sign } from 'node:crypto';
import { base64, fresh, freshName, type Maker, makeKeyPair, proposal } from './proposal.ts';

const ecdsa = makeKeyPair('ecdsa');
const payloadType = 'application/vnd.in-toto+json';

/** An in-toto statement about something new. */
const statement = () =>
  JSON.stringify({
    _type: 'https://in-toto.io/Statement/v0.1',
    subject: [{ name: freshName(), digest: { sha256: fresh().toString('hex') } }],
    predicateType: 'https://example.test/predicate',
    predicate: { of: freshName() },
  });

/** A DSSE envelope of one signature. */
function envelope() {
  const payload = statement();
  const signed = `DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} ${payload}`;
  const sig = base64(sign('sha256', Buffer.from(signed), ecdsa.privateKey));
  return { payloadType, payload: base64(payload), signatures: [{ sig }] };
}

function intotoV002(): ReturnType<Maker> {
  const { payload, signatures } = envelope();
  const signed = signatures.map(({ sig }) => ({ sig: base64(sig), publicKey: ecdsa.pem }));
  const content = {
    envelope: { payloadType, payload: base64(payload), signatures: signed },
    hash: { algorithm: 'sha256', value: fresh().toString('hex') },
  };
  return proposal('intoto', { content }, '0.0.2');
}

/** A COSE_Sign1 (RFC 9052 §4.2) with ES256. */
function cose(): ReturnType<Maker> {
  const header = Buffer.from('43a10126', 'hex');
  const payload = Buffer.concat([Buffer.of(0x58, 32), fresh()]);
  const signed = Buffer.concat([Buffer.from('846a5369676e617475726531', 'hex'), header, Buffer.of(0x40), payload]);
  const signature = sign('sha256', signed, { key: ecdsa.privateKey, dsaEncoding: 'ieee-p1363' });
  const message = Buffer.concat([
    Buffer.of(0xd2, 0x84),
    header,
    Buffer.of(0xa0),
    payload,
    Buffer.of(0x58, 64),
    signature,
  ]);
  return proposal('cose', { message: base64(message), publicKey: ecdsa.pem, data: {} });
}

/** Envelopes of every form, by kind and, where there are two, version. */
export const envelopeMakers: Readonly<Record<string, Maker>> = {
  cose,
  dsse: () => proposal('dsse', { proposedContent: { envelope: JSON.stringify(envelope()), verifiers: [ecdsa.pem] } }),
  'intoto 0.0.1': () => proposal('intoto', { content: { envelope: JSON.stringify(envelope()) }, publicKey: ecdsa.pem }),
  'intoto 0.0.2': intotoV002,
};
