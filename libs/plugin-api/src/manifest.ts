/** What a client has to bring for an entry. The host refuses what does not fit, before any code of the plugin runs. */
export interface Takes {
  /** The file itself, or that or its digest. A digest that is not the file's is always refused. */
  readonly artifact: 'content' | 'content-or-digest';
  /** Whether the signature is a file of its own, or inside the artifact. */
  readonly signature: 'detached' | 'enclosed';
  readonly publicKeys: 'one' | 'several' | 'enclosed';
  /** The PKI formats that keys and signature may have. Absent: any, or the type has its own and asks for none. */
  readonly pkiFormats?: readonly string[];
}

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
      readonly takes: Takes;
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
