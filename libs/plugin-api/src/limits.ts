/** The characters a list shows at most of each text of an `EntryDisplay`. */
export const displayLimits = {
  title: 200,
  subject: 200,
  /** The longest digest is `sha512:` and 128 digits. */
  digest: 140,
} as const;
