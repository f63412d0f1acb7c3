import { CountersignError } from '@countersign/errors';

/**
 * Reads a stream to its end.
 *
 * @throws `ERR_TOO_LARGE` as soon as more than `maxBytes` have come
 */
export async function readCapped(
  stream: AsyncIterable<Uint8Array | string>,
  maxBytes: number,
  what: string,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    size += bytes.length;
    if (size > maxBytes) {
      throw new CountersignError('ERR_TOO_LARGE', `${what} is over the limit of ${maxBytes} bytes`, {
        details: { limit: maxBytes },
      });
    }
    chunks.push(bytes);
  }
  return new Uint8Array(Buffer.concat(chunks, size));
}
