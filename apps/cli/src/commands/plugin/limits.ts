/** Every limit of the plugin commands. */
export const limits = {
  compileMilliseconds: 120_000,
  compilerOutputBytes: 16 * 1024 * 1024,
  /** A plugin's vector file. */
  vectorFileBytes: 16 * 1024 * 1024,
} as const;
