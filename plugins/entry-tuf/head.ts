import type { PluginApi } from '@countersign/plugin-api';

/** What an entry says of a metadata file (TUF specification §4.3). */
export interface Head {
  /** `_type`. */
  readonly role: string;
  readonly version: number;
  /** Empty where the file names none. */
  readonly specVersion: string;
}

/**
 * Reads the head of a metadata file that the PKI format has read before: role and version are what they should be.
 * Refuses with `ERR_MALFORMED`, as upstream, a version of the specification that is no text.
 */
export function readHead(canonical: Uint8Array, { errors }: PluginApi): Head {
  const { signed } = JSON.parse(Buffer.from(canonical).toString());
  const specVersion: unknown = signed.spec_version ?? '';
  if (typeof specVersion === 'string') return { role: signed._type, version: signed.version, specVersion };
  throw errors.refuse('ERR_MALFORMED', 'malformed TUF metadata: spec_version is no text');
}
