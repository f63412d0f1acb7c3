import { randomInt } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { makers } from './index.ts';
import { apk, jar } from './packages.ts';
import { fresh, freshName, type Proposal } from './proposal.ts';

/** What inflates to so many mebibytes of zeros and is a thousandth of that: raw deflate. */
export function deflateBomb(mebibytes: number): Buffer {
  const block = deflateRawSync(Buffer.alloc(1 << 20), { finishFlush: 2 });
  return Buffer.concat([...Array.from({ length: mebibytes }, () => block), Buffer.of(3, 0)]);
}

/** The same as a gzip file, whose trailer is not its own. */
export function gzipBomb(mebibytes: number): Buffer {
  return Buffer.concat([Buffer.from('1f8b0800000000000003', 'hex'), deflateBomb(mebibytes), Buffer.alloc(8)]);
}

const all = Object.values(makers);
const anyOf = <T>(list: readonly T[]): T => list[randomInt(list.length)] as T;
const any = (): Proposal => anyOf(all)();
const text = (proposal: unknown) => JSON.stringify(proposal);
const controlBomb = gzipBomb(64);
const memberBomb = deflateBomb(64);

/** Uploads that are to be refused, by what is wrong with them. A flipped one may be good all the same. */
export const hostileMakers: Readonly<Record<string, () => string>> = {
  'a gzip bomb': () => text(apk(controlBomb)),
  'a zip bomb': () => text(jar([], [{ name: freshName(), content: fresh(), data: memberBomb, size: 30 << 20 }])),
  truncated: () => {
    const whole = text(any());
    return whole.slice(0, randomInt(whole.length));
  },
  flipped: () => {
    const bytes = Buffer.from(text(any()));
    const at = randomInt(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << randomInt(7));
    return bytes.toString('latin1');
  },
  'of another kind': () => {
    const { kind } = any();
    const { spec } = anyOf(all.filter((make) => make().kind !== kind))();
    return text({ kind, apiVersion: '0.0.1', spec });
  },
  'no JSON': () => fresh().toString('latin1'),
  'deeply nested': () => `{"kind":"rekord","apiVersion":"0.0.1","spec":${'['.repeat(100_000)}`,
  'of a long name': () => text({ ...any(), kind: 'k'.repeat(100_000) }),
  'of a long list': () => text({ kind: 'dsse', apiVersion: '0.0.1', spec: { proposedContent: new Array(100_000) } }),
};
