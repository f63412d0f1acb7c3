import { generateKeyPairSync, sign } from 'node:crypto';
import type { JsonObject } from '@countersign/plugin-api';
import { preAuthenticationEncoding } from './envelope.ts';

/** A key made for one test. */
export interface Signer {
  /** Base64 of PEM. */
  readonly publicKey: string;
  /** Base64 of the raw signature over what DSSE signs. */
  sign(payloadType: string, payload: string | Uint8Array): string;
}

export function makeSigner(): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: Buffer.from(publicKey.export({ format: 'pem', type: 'spki' })).toString('base64'),
    sign: (payloadType, payload) =>
      sign(null, preAuthenticationEncoding(payloadType, Buffer.from(payload)), privateKey).toString('base64'),
  };
}

/** An envelope's JSON text, signed by each. */
export function sealed(payloadType: string, payload: string | Uint8Array, signers: readonly Signer[]): string {
  return JSON.stringify({
    payload: Buffer.from(payload).toString('base64'),
    payloadType,
    signatures: signers.map((signer) => ({ sig: signer.sign(payloadType, payload) })),
  });
}

/** The spec of a proposal with every key. */
export function proposal(payloadType: string, payload: string | Uint8Array, signers: readonly Signer[]): JsonObject {
  const verifiers = signers.map(({ publicKey }) => publicKey);
  return { proposedContent: { envelope: sealed(payloadType, payload, signers), verifiers } };
}
