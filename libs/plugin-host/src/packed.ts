/** Several byte strings in one piece of memory, which crosses threads without being copied. */
export interface Packed {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where each of them ends. */
  readonly ends: readonly number[];
}

/** Copies `parts` into memory of their own: a part may be a view into a large pool, or still be in use. */
export function pack(parts: readonly Uint8Array[]): Packed {
  const ends: number[] = [];
  let end = 0;
  for (const part of parts) {
    end += part.length;
    ends.push(end);
  }
  const bytes = new Uint8Array(end);
  parts.forEach((part, at) => {
    bytes.set(part, (ends[at] ?? 0) - part.length);
  });
  return { bytes, ends };
}

/** The parts again, as views: `slice` what is to outlive the others. */
export function unpack({ bytes, ends }: Packed): Uint8Array[] {
  return ends.map((end, at) => bytes.subarray(at === 0 ? 0 : ends[at - 1], end));
}
