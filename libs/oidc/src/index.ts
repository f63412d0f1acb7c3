export type { TokenIdentity } from './claims.ts';
export { discoveryUrl, type IssuerSettings } from './issuer.ts';
export { type OidcLimits, oidcLimits } from './limits.ts';
export { TokenVerifier, type TokenVerifierOptions } from './token-verifier.ts';
