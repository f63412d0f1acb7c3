/** What the parsers of this package accept at most. Sizes in bytes. */
export const limits = {
  /** JSON text. Bodies have tighter limits of their own; this one stops everything else. */
  jsonBytes: 32 * 1024 * 1024,
  /** Nesting of JSON arrays and objects; a scalar has depth 0. */
  jsonDepth: 64,
  /** PEM text, and the blocks it may hold. */
  pemBytes: 4 * 1024 * 1024,
  pemBlocks: 256,
  /** One DER value with all it contains, its nesting, and the members of one constructed value. */
  derBytes: 32 * 1024 * 1024,
  derDepth: 32,
  derChildren: 16_384,
  /** Contents octets of one OBJECT IDENTIFIER. */
  oidBytes: 128,
} as const;
