import { generateKeyPairSync, sign } from 'node:crypto';
import { preAuthenticationEncoding } from './envelope.ts';

/** A key made for one test. */
export interface Signer {
  /** Base64 of PEM. */
  readonly publicKey: string;
  /** Base64 of the raw signature over what DSSE signs. */
  sign(payloadType: string, payload: string | Uint8Array): string;
}

/** An envelope as JSON. */
export interface Sealed {
  readonly payload: string;
  readonly payloadType: string;
  readonly signatures: readonly { readonly sig: string }[];
}

export const base64 = (content: string | Uint8Array): string => Buffer.from(content).toString('base64');

export function makeSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: base64(publicKey.export({ format: 'pem', type: 'spki' })),
    sign: (payloadType, payload) =>
      base64(sign(null, preAuthenticationEncoding(payloadType, Buffer.from(payload)), privateKey)),
  };
}

/** An envelope, signed by each. */
export function sealed(payloadType: string, payload: string | Uint8Array, signers: readonly Signer[]): Sealed {
  const signatures = signers.map((signer) => ({ sig: signer.sign(payloadType, payload) }));
  return { payload: base64(payload), payloadType, signatures };
}

/** The spec of a dsse proposal with every key. */
export const proposal = (payloadType: string, payload: string | Uint8Array, signers: readonly Signer[]) => ({
  proposedContent: {
    envelope: JSON.stringify(sealed(payloadType, payload, signers)),
    verifiers: signers.map(({ publicKey }) => publicKey),
  },
});

/** The spec of an intoto 0.0.1 proposal. */
export const specV001 = (envelope: unknown, publicKey: string) => ({
  content: { envelope: JSON.stringify(envelope) },
  publicKey,
});

/** The spec of an intoto 0.0.2 proposal, with a key for each signature. */
export const specV002 = ({ payload, payloadType, signatures }: Sealed, keys: readonly string[]) => ({
  content: {
    envelope: {
      payload: base64(payload),
      payloadType,
      signatures: signatures.map(({ sig }, index) => ({ sig: base64(sig), publicKey: keys[index] ?? '' })),
    },
    hash: { algorithm: 'sha256', value: '00'.repeat(32) },
  },
});
