import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

interface Signer {
  readonly privateKey: KeyObject;
  /** Base64 of the PEM text, as a proposal carries it. */
  readonly publicKey: string;
}

function makeSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  return { privateKey, publicKey: Buffer.from(pem).toString('base64') };
}

/** One upload: a hashedrekord 0.0.1 over a fresh random artifact. */
function makeProposal(signer: Signer): string {
  const artifact = randomBytes(64);
  return JSON.stringify({
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: {
      data: { hash: { algorithm: 'sha256', value: createHash('sha256').update(artifact).digest('hex') } },
      signature: {
        content: sign('sha256', artifact, signer.privateKey).toString('base64'),
        publicKey: { content: signer.publicKey },
      },
    },
  });
}

/** `count` different uploads, each a JSON text, signed by `keys` P-256 keys in turn. */
export function makeProposals(count: number, keys: number): string[] {
  const signers = Array.from({ length: Math.min(keys, count) }, makeSigner);
  return Array.from({ length: count }, (_, index) => {
    const signer = signers[index % signers.length];
    if (signer === undefined) throw new RangeError('at least one key is needed');
    return makeProposal(signer);
  });
}
