import { loadConfig, passphraseOf } from '@countersign/node';
import type { Io } from './io.ts';

/** The flags that name a node's data. */
export interface DataOptions {
  readonly data?: string;
  readonly database?: string;
  readonly config?: string;
}

/** What {@link dataSettings} reads. */
export interface DataSettings {
  readonly data: string;
  readonly database?: string;
  readonly keyPassphrase?: string;
  /** Bytes of an attestation that is kept; none are when absent. */
  readonly attestationBytes?: number;
}

/** A data folder, what its keys are encrypted with, and what attestations are kept in it, as for `up`: flag, environment, configuration file, default. */
export async function dataSettings({ data, database, config: file }: DataOptions, io: Io): Promise<DataSettings> {
  // What a running node would need beside is no matter here.
  const { config, warnings } = await loadConfig({
    flags: { publicUrl: 'http://127.0.0.1', data, database },
    environment: io.env,
    ...(file === undefined ? {} : { file }),
  });
  for (const warning of warnings) io.err(`countersign: warning: ${warning}\n`);
  return {
    data: config.data,
    ...(config.database === undefined ? {} : { database: config.database }),
    ...passphraseOf(config),
    ...(config.log.attestations && { attestationBytes: config.limits.attestationBytes }),
  };
}
