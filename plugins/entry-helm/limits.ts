/** Every limit of reading a provenance file. */
export const limits = {
  /** The file, in bytes. It repeats Chart.yaml, and names the chart. */
  provenanceBytes: 1024 * 1024,
} as const;
