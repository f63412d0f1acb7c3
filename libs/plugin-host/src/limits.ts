/** Every limit of loading and admitting. Sizes are bytes, times milliseconds. */
export const limits = {
  manifestBytes: 64 * 1024,
  schemaBytes: 1024 * 1024,
  /** How long one `entry` file may take from its import to an implementation. */
  loadTime: 10_000,
  /** Letters of a package's name, the registry's own limit. */
  packageName: 214,
  /** Files of one plugin folder, with everything it brings along, and their sizes together. */
  pluginFiles: 20_000,
  pluginBytes: 256 * 1024 * 1024,
  /** A larger file is hashed piece by piece. */
  wholeFileBytes: 1024 * 1024,
  /** Uses of admission policies by one log. */
  policies: 32,
  /** Letters of a policy's reason that are passed on, and of what it failed with. */
  reasonLength: 512,
  failureLength: 8192,
} as const;

/** What an `AdmissionPool` takes on. Sizes are bytes, times milliseconds. */
export interface AdmissionLimits {
  /** Proposals that may wait or be worked on at once, and their sizes together. */
  readonly jobs: number;
  readonly bytes: number;
  /** Proposals sent to a worker in one message. */
  readonly batch: number;
  /** How long a worker may take over one message before it is replaced. */
  readonly time: number;
  /** How long a worker may take to load the plugins: code that never returns cannot be told from inside. */
  readonly startTime: number;
  /** JavaScript heap of one worker. */
  readonly heapBytes: number;
}

/** The defaults of {@link AdmissionLimits}. */
export const admissionLimits: AdmissionLimits = {
  jobs: 4096,
  bytes: 64 * 1024 * 1024,
  batch: 32,
  time: 10_000,
  startTime: 60_000,
  heapBytes: 256 * 1024 * 1024,
};
