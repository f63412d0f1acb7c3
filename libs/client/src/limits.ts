/** What the client accepts and how long it waits, at most. Sizes in bytes, times in milliseconds. */
export const clientLimits = {
  /** One answer of the log: ten entries with their attestations fit. */
  answerBytes: 16 * 1024 * 1024,
  /** Bytes handed to the connection at once by an upload that shows its progress. */
  sentPiece: 64 * 1024,
  /** The part of a refusal's body that is read; the rest is left. */
  refusalBytes: 64 * 1024,
  /** An artifact, signature, key or entry given by path, stream or address. */
  artifactBytes: 1024 * 1024 * 1024,
  signatureBytes: 1024 * 1024,
  publicKeyBytes: 1024 * 1024,
  entryBytes: 64 * 1024 * 1024,
  /** Redirects followed for an artifact, signature, key or entry. The log's own API: none. */
  inputRedirects: 5,
  /** One download of an artifact, signature, key or entry. */
  inputTimeout: 10 * 60_000,
  /** The state file. */
  stateBytes: 4 * 1024 * 1024,
  /** The latest time an entry of a search can have, in seconds since 1970: the end of the year 9999. */
  integratedTime: 253_402_300_799,
  /** Characters (UTF-16) of each text that an entry of a search shows of itself. */
  displayText: 1024,
  /** First pause before a retry; each further one doubles, up to `retryPauseMost`. */
  retryPause: 250,
  retryPauseMost: 8_000,
  /** The longest `Retry-After` that is obeyed; a longer one ends the attempts. */
  retryAfterMost: 60_000,
} as const;
