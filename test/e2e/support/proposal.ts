import { createHash, generateKeyPairSync, sign } from 'node:crypto';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();

/** A proposed hashedrekord, open to be spoiled. */
export interface Proposal {
  apiVersion?: unknown;
  kind?: unknown;
  spec?: unknown;
  [other: string]: unknown;
}

/** The spec of {@link propose}'s proposals. */
export interface Spec {
  data: { hash: { algorithm: unknown; value: unknown } };
  signature: { content: unknown; publicKey: { content: unknown } };
}

/** A valid hashedrekord over `artifact`, signed by one key of this process. ECDSA is random: no two calls are equal. */
export function propose(artifact: string): Proposal & { spec: Spec } {
  const bytes = Buffer.from(artifact);
  return {
    apiVersion: '0.0.1',
    kind: 'hashedrekord',
    spec: {
      data: { hash: { algorithm: 'sha256', value: createHash('sha256').update(bytes).digest('hex') } },
      signature: {
        content: sign('sha256', bytes, privateKey).toString('base64'),
        publicKey: { content: Buffer.from(pem).toString('base64') },
      },
    },
  };
}
