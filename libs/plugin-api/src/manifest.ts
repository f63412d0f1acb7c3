/** One thing a plugin provides. */
export type Provision =
  | {
      readonly type: 'entry';
      /** The kind, such as `hashedrekord`. */
      readonly id: string;
      /** The apiVersion, such as `0.0.1`. */
      readonly version: string;
      /** JSON Schema of the spec, a path inside the folder. */
      readonly schema: string;
      /** Built JavaScript, a path inside the folder. */
      readonly entry: string;
    }
  | {
      readonly type: 'pki';
      /** The format, such as `x509`. */
      readonly id: string;
      readonly version: string;
      readonly entry: string;
    }
  | {
      readonly type: 'policy';
      readonly id: string;
      readonly version: string;
      readonly phase: 'admission' | 'verification';
      /** JSON Schema of the policy's settings. */
      readonly schema: string;
      readonly entry: string;
    };

/** `plugin.json`: known and checked before any of the plugin's code runs. */
export interface PluginManifest {
  readonly name: string;
  readonly version: string;
  /** The versions of this contract the plugin was written against (semver range). */
  readonly apiVersion: string;
  readonly provides: readonly Provision[];
}

/** The version of this contract: from 1.0.0 on a minor version only adds. */
export const pluginApiVersion = '1.0.0';
