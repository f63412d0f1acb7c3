/**
 * Reads SSH's wire encoding (RFC 4251 §5): 32-bit lengths, and what they count.
 *
 * Every read throws what `malformed` makes when the bytes end too soon.
 */
export class WireReader {
  readonly #bytes: Buffer;
  readonly #malformed: () => Error;
  #at = 0;

  constructor(bytes: Uint8Array, malformed: () => Error) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#malformed = malformed;
  }

  bytes(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw this.#malformed();
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  uint32(): number {
    return this.bytes(4).readUInt32BE();
  }

  string(): Buffer {
    return this.bytes(this.uint32());
  }

  /** A string as text, one character a byte. */
  text(): string {
    return this.string().toString('latin1');
  }

  /** The magnitude of an mpint without leading zeros; a negative one is malformed. */
  natural(): Buffer {
    const bytes = this.string();
    if ((bytes[0] ?? 0) >= 0x80) throw this.#malformed();
    const first = bytes.findIndex((byte) => byte !== 0);
    return first === -1 ? bytes.subarray(bytes.length) : bytes.subarray(first);
  }

  rest(): Buffer {
    return this.bytes(this.#bytes.length - this.#at);
  }

  /** Throws unless everything has been read. */
  end(): void {
    if (this.#at !== this.#bytes.length) throw this.#malformed();
  }
}

/** A 32-bit number. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A string; text is one byte a character. */
export function string(value: Uint8Array | string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** An mpint from a magnitude without leading zeros. */
export function mpint(magnitude: Uint8Array): Buffer {
  return string((magnitude[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), magnitude]) : magnitude);
}
