/** Prime to every likely size. */
const stride = 7919;

/** `count` entries spread over a log of `size`; entry 0, which the log made itself, is none of them. */
export function spread(size: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => 1 + ((at * stride) % (size - 1)));
}
