import { CountersignError } from '@countersign/errors';

/** Told how many bytes have come or gone, and of how many when that is known. */
export type OnProgress = (done: number, total?: number) => void;

/**
 * Reads a stream to its end.
 *
 * @param onBytes called with the number of bytes that have come so far
 * @throws `ERR_TOO_LARGE` as soon as more than `maxBytes` have come
 */
export async function readCapped(
  stream: AsyncIterable<Uint8Array | string>,
  maxBytes: number,
  what: string,
  onBytes: (done: number) => void = () => {},
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
    onBytes(size);
  }
  return new Uint8Array(Buffer.concat(chunks, size));
}
