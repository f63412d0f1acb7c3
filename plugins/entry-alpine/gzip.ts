import { crc32, inflateRawSync } from 'node:zlib';
import type { PluginApi } from '@countersign/plugin-api';
import { limits } from './limits.ts';

/** One gzip member at the beginning of a file. */
export interface GzipMember {
  /** As it stands in the file, header and trailer included. */
  readonly raw: Buffer;
  readonly content: Buffer;
  /** What follows it. */
  readonly rest: Buffer;
}

const flag = { crc: 2, extra: 4, name: 8, comment: 16 } as const;
const trailerLength = 8;

/**
 * Reads the gzip member (RFC 1952 §2.3) that a file begins with; others may follow. Uncompresses no more than
 * {@link limits.metadataBytes}, however much there is.
 *
 * @throws `ERR_MALFORMED`, `ERR_TOO_LARGE`
 */
export function readGzipMember({ errors }: PluginApi, file: Buffer, what: string): GzipMember {
  const start = headerLength();
  const { content, consumed } = inflate(file.subarray(start));
  const trailer = start + consumed;
  const end = trailer + trailerLength;
  if (
    end > file.length ||
    file.readUInt32LE(trailer) !== crc32(content) ||
    file.readUInt32LE(trailer + 4) !== content.length
  ) {
    throw malformed('trailer');
  }
  return { raw: file.subarray(0, end), content, rest: file.subarray(end) };

  function headerLength(): number {
    const [first, second, method, flags = 0xff] = file;
    if (first !== 0x1f || second !== 0x8b || method !== 8 || flags >= 32) throw malformed('header');
    let at = 10;
    if ((flags & flag.extra) !== 0) {
      if (at + 2 > file.length) throw malformed('header');
      at += 2 + file.readUInt16LE(at);
    }
    for (const text of [flag.name, flag.comment]) {
      if ((flags & text) === 0) continue;
      const nul = file.indexOf(0, at);
      if (nul < 0) throw malformed('header');
      at = nul + 1;
    }
    if ((flags & flag.crc) !== 0) {
      if (at + 2 > file.length || file.readUInt16LE(at) !== (crc32(file.subarray(0, at)) & 0xffff)) {
        throw malformed('header');
      }
      at += 2;
    }
    return at;
  }

  function inflate(data: Buffer): { readonly content: Buffer; readonly consumed: number } {
    try {
      // Declared by @types/node for the asynchronous form only.
      const { buffer, engine } = inflateRawSync(data, {
        info: true,
        maxOutputLength: limits.metadataBytes,
      }) as unknown as {
        readonly buffer: Buffer;
        readonly engine: { readonly bytesWritten: number };
      };
      return { content: buffer, consumed: engine.bytesWritten };
    } catch (error) {
      if ((error as { readonly code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') {
        throw errors.refuse(
          'ERR_TOO_LARGE',
          `decompressed size for ${what} exceeds max allowed size ${limits.metadataBytes}`,
          error,
        );
      }
      throw malformed('data', error);
    }
  }

  function malformed(part: string, cause?: unknown): Error {
    return errors.refuse('ERR_MALFORMED', `malformed ${what}: gzip ${part}`, cause);
  }
}
