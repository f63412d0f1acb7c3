/** Every limit of this package. Parsers refuse what is one above. */

/** The largest tree: sizes and indexes are numbers, exact up to 2^53-1. */
export const maxTreeSize = Number.MAX_SAFE_INTEGER;

/** UTF-8 bytes of a whole signed note: room for a log's and {@link maxSignatures} witnesses' lines, post-quantum ones too. */
export const maxNoteBytes = 256 * 1024;

/** Signature lines of a note. */
export const maxSignatures = 32;

/** Extension lines of a checkpoint. */
export const maxExtensions = 16;

/** Bytes of one entry in an entry bundle: its length is written as a uint16. */
export const maxBundleEntryBytes = 65_535;

/** The highest tile level a path may name (C2SP tlog-tiles). */
export const maxTileLevel = 63;

/** The largest tree id of a v1 log: a positive signed 64-bit integer. */
export const maxTreeId = 2n ** 63n - 1n;
