/** A running log that the bench measures. */
export interface Target {
  readonly name: string;
  readonly url: string;
  /** Resident memory in MiB of all its processes together. */
  residentMebibytes(): number;
  stop(): Promise<void>;
}
