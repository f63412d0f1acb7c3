export { type Answering, FakeIssuer, type TokenParts, unsignedToken } from './fake-issuer.ts';
