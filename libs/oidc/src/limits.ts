/** Every limit of identity tokens and of asking their issuers. */
export const oidcLimits = {
  /** Bytes of a token, before anything of it is parsed. */
  tokenBytes: 16 * 1024,
  /** Nesting of the JSON in a token. */
  tokenDepth: 16,
  /** Characters of a subject. */
  subjectLength: 1024,
  /** Characters of an e-mail address (RFC 5321 §4.5.3.1: 64 + 1 + 255). */
  emailLength: 320,
  /** Seconds that an issuer's clock may be off. */
  skewSeconds: 60,
  /** Bytes of an issuer's discovery document. */
  discoveryBytes: 64 * 1024,
  /** Bytes of an issuer's key set, and the keys in it. */
  keySetBytes: 256 * 1024,
  keys: 64,
  /** Milliseconds for one request to an issuer, from looking up its address to the last byte. */
  fetchMs: 5000,
  /** Milliseconds for which a key set is used without asking again. */
  keySetMs: 60 * 60 * 1000,
  /** Milliseconds between two attempts to get an issuer's keys, whatever tokens ask for. */
  retryMs: 10_000,
} as const;

/** The shape of {@link oidcLimits}, for those that set others. */
export type OidcLimits = { readonly [name in keyof typeof oidcLimits]: number };
