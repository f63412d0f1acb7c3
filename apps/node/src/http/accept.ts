/**
 * Chooses the first of `offers` that an `Accept` header takes (RFC 9110 §12.5.1). Among those it takes the order is
 * ours, not the client's weights: upstream does the same.
 *
 * @param header the header; a request without one takes anything
 * @returns `undefined` when it takes none of them
 */
export function negotiate(header: string | undefined, offers: readonly string[]): string | undefined {
  if (header === undefined || header === '*/*') return offers[0];
  const ranges = header.split(',').map(parseRange);
  return offers.find((offer) => ranges.some((range) => range.weight > 0 && matches(range.type, offer)));
}

interface MediaRange {
  readonly type: string;
  readonly weight: number;
}

function parseRange(text: string): MediaRange {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  return { type, weight: weight === undefined ? 1 : Number(weight.slice(2)) };
}

function matches(range: string, offer: string): boolean {
  if (range === '*/*' || range === offer) return true;
  return range.endsWith('/*') && offer.startsWith(range.slice(0, -1));
}
