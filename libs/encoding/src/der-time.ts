import { malformed } from '@countersign/errors';
import { asBuffer } from './bytes.ts';
import { derTag } from './der-tag.ts';

const utcShape = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
/** X.690 §11.7.3: a fraction does not end in 0. */
const generalizedShape = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{0,8}[1-9]))?Z$/;

/** Reads UTCTime or GeneralizedTime contents (X.690 §11.7, §11.8; century by RFC 5280 §4.1.2.5.1). Throws `ERR_MALFORMED`. */
export function readTime(tag: number, contents: Uint8Array): Date {
  const text = asBuffer(contents.subarray(0, 32)).toString('latin1');
  const shape = tag === derTag.utcTime ? utcShape : tag === derTag.generalizedTime ? generalizedShape : undefined;
  const match = shape?.exec(text);
  if (!match) throw malformed('DER time');
  const [, years = '', month, day, hours, minutes, seconds, fraction = ''] = match;
  const year = years.length === 4 ? years : `${Number(years) < 50 ? '20' : '19'}${years}`;
  const whole = `${year}-${month}-${day}T${hours}:${minutes}:${seconds}`;
  const date = new Date(`${whole}.${fraction.slice(0, 3).padEnd(3, '0')}Z`);
  // `Date` carries the 31st of April into May; only what comes back unchanged was a date.
  if (Number.isNaN(date.getTime()) || !date.toISOString().startsWith(whole)) throw malformed('DER time');
  return date;
}

/** Writes a time as RFC 5280 §4.1.2.5 wants it: `[tag, contents]`, UTCTime through 2049, GeneralizedTime after; whole seconds. */
export function writeTime(date: Date, form: 'auto' | 'generalized' = 'auto'): [tag: number, contents: Uint8Array] {
  const digits = date.toISOString().replace(/\.\d+Z$|[-:T]/g, '');
  if (digits.length !== 14) throw malformed('time', 'year out of range');
  const year = date.getUTCFullYear();
  const short = form === 'auto' && year >= 1950 && year < 2050;
  return short
    ? [derTag.utcTime, Buffer.from(`${digits.slice(2)}Z`, 'latin1')]
    : [derTag.generalizedTime, Buffer.from(`${digits}Z`, 'latin1')];
}
