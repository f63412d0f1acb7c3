/** Every limit of requests to a bucket. */
export const s3Limits = {
  /** Milliseconds until there is a connection. */
  connectMs: 5000,
  /** Milliseconds until a request is answered. */
  requestMs: 30_000,
  /** Objects removed by one request: the most that S3 takes. */
  deletesAtOnce: 1000,
} as const;
