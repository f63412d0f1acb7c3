import type { PluginApi } from '@countersign/plugin-api';
import { md5Of } from './digests.ts';
import { limits } from './limits.ts';
import type { PackageFile } from './package-file.ts';
import { tags } from './tags.ts';

/** What the log says of a package, in upstream's names. */
export interface StoredHeaders {
  readonly Name: string;
  /** Decimal; `0` where the package has none. */
  readonly Epoch: string;
  readonly Version: string;
  readonly Release: string;
  readonly Architecture: string;
  /** Hex, where the package has it. */
  readonly RPMSIGTAG_MD5?: string;
}

/**
 * Reads what the log says of a package.
 *
 * @throws `ERR_MALFORMED` where a field is absent or of another type, `ERR_TOO_LARGE` beyond `limits.ts`
 */
export function storedHeaders(file: PackageFile, { encoding, errors }: PluginApi): StoredHeaders {
  const { header } = file;

  function text(name: 'name' | 'version' | 'release' | 'architecture'): string {
    const value = header.text(tags[name]);
    if (value === undefined) throw errors.refuse('ERR_MALFORMED', `malformed RPM header: it has no ${name}`);
    if (Buffer.byteLength(value) > limits.textBytes) {
      throw errors.refuse('ERR_TOO_LARGE', `RPM ${name} of over ${limits.textBytes} bytes`);
    }
    return value;
  }

  const md5 = md5Of(file, encoding);
  return {
    Name: text('name'),
    Epoch: String(header.integer(tags.epoch) ?? 0),
    Version: text('version'),
    Release: text('release'),
    Architecture: text('architecture'),
    ...(md5 !== undefined && { RPMSIGTAG_MD5: md5 }),
  };
}
