import { Problem } from './problem.ts';

/** Reads numbers and byte strings one after the other; running over the end is a `fatal` {@link Problem}. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get at(): number {
    return this.#at;
  }

  get rest(): number {
    return this.#bytes.length - this.#at;
  }

  take(length: number): Uint8Array {
    if (length > this.rest) throw new Problem('fatal', 'unexpected EOF');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** A big-endian number of `size` bytes, at most four. */
  number(size: number): number {
    return this.take(size).reduce((value, byte) => value * 256 + byte, 0);
  }

  /** A multiprecision integer (RFC 9580 §3.2): its bytes without the count, as many as the count says. */
  mpi(): Uint8Array {
    return this.take(Math.ceil(this.number(2) / 8));
  }

  /** Bytes after their one-byte length: a curve's object identifier, parameters. */
  short(): Uint8Array {
    return this.take(this.number(1));
  }

  end(what: string): void {
    if (this.rest > 0) throw new Problem('fatal', `${what} is followed by ${this.rest} more bytes`);
  }
}
