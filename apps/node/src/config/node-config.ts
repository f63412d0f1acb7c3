import type { AdmissionSettings } from '@countersign/plugin-host';
import type { S3Settings } from '@countersign/tree';
import type { GateSettings } from '../gate/gate-settings.ts';

/** A node's configuration, complete and checked. `config.schema.json` in `@countersign/schemas` says what each key means. */
export interface NodeConfig {
  /** Folder of everything the node keeps: database, keys, anchors. */
  readonly data: string;
  /** The URL of the PostgreSQL database that holds the log, which several nodes may share. Absent: the log is in `data`. */
  readonly database?: string;
  /** Address the node listens on. */
  readonly host: string;
  /** TCP port; 0 takes any free one. */
  readonly port: number;
  /** The URL clients reach the node at, without a trailing slash. Absent only with `dev`: then the listening address. */
  readonly publicUrl?: string;
  /** Development: no public URL needed, no public address allowed. */
  readonly dev: boolean;
  /** Serve what is there, and take no uploads. */
  readonly readOnly: boolean;
  /** Serve TLS with these PEM files. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** `passphraseFile`: a file whose first line encrypts the private keys; they are plain without. */
  readonly keys?: { readonly passphraseFile?: string };
  /**
   * `entryZero`: whether a new log starts with an entry about itself. `attestations`: whether they are kept and shown.
   * `admission`: which uploads it takes, and how often.
   */
  readonly log: {
    readonly entryZero: boolean;
    readonly attestations: boolean;
    readonly admission: AdmissionSettings & GateSettings;
    readonly publish?: PublishSettings;
  };
  readonly plugins: PluginSettings;
  /** `workers`: threads that verify uploads. */
  readonly admission: { readonly workers: number };
  readonly limits: NodeLimits;
  readonly logging: { readonly level: LogLevel; readonly format: 'auto' | 'json' | 'pretty' };
}

/** Where the trees are published. */
export interface PublishSettings {
  /** A folder. */
  readonly directory?: string;
  readonly s3?: S3Settings;
}

/** Plugins beside the built-in ones. */
export interface PluginSettings {
  /** Plugin folders, or folders of them. */
  readonly folders: readonly string[];
  /** Names of installed npm packages. */
  readonly packages: readonly string[];
  /** By plugin name: hex. */
  readonly digests: Readonly<Record<string, string>>;
  /** Whether a plugin from outside must be among `digests`. */
  readonly onlyPinned: boolean;
}

/** What a node takes at most. */
export interface NodeLimits {
  /** Bytes of a request body. */
  readonly bodyBytes: number;
  /** Bytes of a request's header, the request line included. */
  readonly headerBytes: number;
  /** Seconds for a request's header to arrive. */
  readonly headerSeconds: number;
  /** Seconds for a whole request to arrive. */
  readonly requestSeconds: number;
  /** Seconds a connection may stay open between two requests. */
  readonly keepAliveSeconds: number;
  /** Open connections; more are closed at once. */
  readonly connections: number;
  /** Seconds that stopping waits for requests under way. */
  readonly drainSeconds: number;
  /** Uploads that may wait, and their bytes together. */
  readonly queueEntries: number;
  readonly queueBytes: number;
  /** Bytes of an attestation that is kept. */
  readonly attestationBytes: number;
  /** Entries a second that are read again in the background; 0 for none. */
  readonly scrubLeavesPerSecond: number;
  /** Milliseconds between two published checkpoints of a shard, at least. */
  readonly publishIntervalMs: number;
}

/** From the least to the most that is written. */
export type LogLevel = 'silent' | 'fatal' | 'error' | 'warn' | 'info' | 'debug';
