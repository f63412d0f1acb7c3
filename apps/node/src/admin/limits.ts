/** Every limit of the admin socket. */
export const adminLimits = {
  /** Bytes of the socket's path: what the strictest system takes. */
  pathBytes: 103,
  /** Bytes of an answer. */
  answerBytes: 64 * 1024,
} as const;
