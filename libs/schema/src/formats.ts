import { fullFormats } from 'ajv-formats/dist/formats.js';

const { 'date-time': dateTime, uri } = fullFormats;

/** RFC 5322 §3.2.3 dot-atoms on both sides, in any script (RFC 6532): of what upstream's parser takes, the part that addresses are made of: no display names, quotes or comments. */
const email = /^[^\s@<>()[\],;:\\".]+(?:\.[^\s@<>()[\],;:\\".]+)*@[^\s@<>()[\],;:\\".]+(?:\.[^\s@<>()[\],;:\\".]+)*$/u;

/** The formats a schema may name. */
export const formats = { byte: isBase64Shaped, 'date-time': dateTime, email, uri };

/**
 * Tells whether text looks like padded standard base64 (RFC 4648 §4): length, alphabet and
 * padding, not the stray bits after the last byte. Whoever decodes it decides; this only has to be cheap.
 */
export function isBase64Shaped(text: string): boolean {
  // The search for the first character outside of the alphabet never goes back, however long the text.
  const end = text.search(/[^A-Za-z0-9+/]/);
  return text.length % 4 === 0 && (end < 0 || /^={1,2}$/.test(text.slice(end, end + 3)));
}
