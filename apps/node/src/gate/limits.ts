/** Every limit of the gate that no setting gives. */
export const gateLimits = {
  /** Addresses, requesters or keys that are counted at once, each. */
  buckets: 65_536,
  /** Of these, how many stay when there is no room for another. */
  bucketsKept: 49_152,
} as const;
