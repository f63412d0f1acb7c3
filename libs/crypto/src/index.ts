export type { HashAlgorithm, KeyAlgorithm } from './algorithm.ts';
export { type FileSignerOptions, fileSigner } from './file-signer.ts';
export { hash } from './hash.ts';
export { limits as cryptoLimits } from './limits.ts';
export { keyId, parsePublicKey, publicKeyPem } from './parse-key.ts';
export { PublicKey, parseSpki, type VerifyKey, verifierName } from './public-key.ts';
export { ephemeralSigner, type Signer, type SignerAlgorithm } from './signer.ts';
export { type SignedInput, type VerifyOptions, verify } from './verify.ts';
