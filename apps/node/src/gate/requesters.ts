import { createHash, timingSafeEqual } from 'node:crypto';
import { hasCode } from '@countersign/errors';
import type { TokenIdentity } from '@countersign/oidc';
import type { AdmissionRequest } from '@countersign/plugin-api';

/** A token that the operator gave out. */
export interface StaticToken {
  /** What policies call it. */
  readonly name: string;
  /** SHA-256 of the token, hex: what the configuration holds is of no use to whoever reads it. */
  readonly sha256: string;
}

/** Verifies a token of an issuer, or throws what it is refused with. */
export type VerifyToken = (token: string) => Promise<TokenIdentity>;

/** Knows who sends a request, by the bearer token that it comes with (RFC 6750 §2.1). */
export class Requesters {
  readonly #tokens: readonly { readonly name: string; readonly digest: Uint8Array }[];
  readonly #verify: VerifyToken | undefined;

  /** @param verify absent when there are no issuers */
  constructor(tokens: readonly StaticToken[], verify: VerifyToken | undefined) {
    this.#tokens = tokens.map(({ name, sha256 }) => ({ name, digest: Buffer.from(sha256, 'hex') }));
    this.#verify = verify;
  }

  /**
   * Who sends a request. A token that counts for nothing is no error here: whether somebody has to be known is for the
   * policies, which are told why nobody is.
   *
   * @param authorization the header
   */
  async of(authorization: string | undefined): Promise<AdmissionRequest> {
    if (authorization === undefined) return {};
    const token = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(authorization)?.[1];
    if (token === undefined) return { unauthenticated: 'the Authorization header holds no bearer token' };
    const name = this.#named(token);
    if (name !== undefined) return { requester: { type: 'token', name } };
    if (this.#verify === undefined) return { unauthenticated: 'the token is not one that is known here' };
    try {
      const { claims: _, ...identity } = await this.#verify(token);
      return { requester: { type: 'oidc', ...identity } };
    } catch (error) {
      if (hasCode(error, 'ERR_TOKEN_INVALID', 'ERR_ISSUER_UNAVAILABLE')) return { unauthenticated: error.message };
      throw error;
    }
  }

  /** Looks at all of them, for as long whichever it is. */
  #named(token: string): string | undefined {
    const digest = createHash('sha256').update(token).digest();
    return this.#tokens.filter((known) => timingSafeEqual(known.digest, digest))[0]?.name;
  }
}
