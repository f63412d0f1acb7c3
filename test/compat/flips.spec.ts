import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '@countersign/errors';
import { AdmissionPool, builtinPlugins, PluginHost } from '@countersign/plugin-host';
import { flipsOf, type Json, type Part, partsOf } from './support/flips/parts.ts';
import { uncovered } from './support/flips/uncovered.ts';

/**
 * How long one flip may take, in milliseconds. Of its own, none takes a quarter of a second; here others are under way, and
 * whoever else works on this machine.
 */
const patience = 5000;
/** Flips that are tried at once. */
const atOnce = 64;
let flips: number;

interface Vector {
  readonly name: string;
  readonly proposal: { readonly kind: string; readonly apiVersion: string; readonly spec: Json };
}

/** Every accepted vector of every entry type, by kind and version. */
const vectors = new Map<string, Vector[]>();
for (const file of readdirSync(builtinPlugins, { recursive: true, encoding: 'utf8' }).sort()) {
  const [, plugin = '', name = ''] = /^entry-([^/]+)\/vectors\/.*accepted\/(.+)\.json$/.exec(file) ?? [];
  if (plugin === '') continue;
  const { proposal } = JSON.parse(readFileSync(join(builtinPlugins, file), 'utf8'));
  const whole = { kind: plugin, ...proposal };
  const type = `${whole.kind} ${whole.apiVersion}`;
  vectors.set(type, [...(vectors.get(type) ?? []), { name, proposal: whole }]);
}

let pool: AdmissionPool;
beforeAll(async () => {
  const host = await PluginHost.load({ folders: [builtinPlugins] });
  const folders = host.plugins().map(({ folder }) => folder);
  pool = await AdmissionPool.start({ folders, digests: host.digests(), workers: 2, limits: { time: patience } });
});
afterAll(() => pool.close());

/** The body that a proposal leads to; `undefined` where it is refused by code. */
async function bodyOf(proposal: Json): Promise<string | undefined> {
  try {
    return Buffer.from((await pool.admit(Buffer.from(JSON.stringify(proposal)))).body).toString();
  } catch (error) {
    if (hasCode(error, 'ERR_INTERNAL', 'ERR_QUEUE_FULL', 'ERR_TIMEOUT') || !hasCode(error)) throw error;
    return undefined;
  }
}

/** A proposal without the digest that a client adds, so that its content is held by its signatures alone. */
function unclaimed(proposal: Json): Json {
  const copy = structuredClone(proposal) as { kind: string; spec: Record<string, { hash?: unknown } | null> };
  if (copy.kind !== 'hashedrekord') {
    for (const member of Object.values(copy.spec)) delete member?.hash;
  }
  return copy as unknown as Json;
}

/** Flips every byte of a part, and gives what went wrong. */
async function flipPart(name: string, part: Part): Promise<string[]> {
  const before = await bodyOf(part.with(part.bytes));
  const rows = uncovered
    .filter(({ of }) => of.test(name))
    .map((row) => ({ ...row, ranges: row.where(part.bytes), needed: false }))
    .filter(({ ranges }) => ranges.length > 0);
  const problems = before === undefined ? [`${name}: refused as it is`] : [];

  const all = flipsOf(part.bytes);
  const worker = async () => {
    for (const [position, flipped] of all) {
      const body = await bodyOf(part.with(flipped));
      flips += 1;
      if (body === undefined || body === before) continue;
      const covering = rows.filter(({ ranges }) => ranges.some(([from, to]) => position >= from && position < to));
      for (const row of covering) row.needed = true;
      if (covering.length === 0) problems.push(`${name}: another entry at ${position}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return [...problems, ...rows.filter(({ needed }) => !needed).map(({ why }) => `${name}: not needed: ${why}`)];
}

it.each([...vectors])(
  'a flip of any byte of %s is refused, changes nothing, or is listed',
  async (type, list) => {
    flips = 0;
    const problems: string[] = [];
    for (const { name, proposal } of list) {
      const contents = partsOf(unclaimed(proposal)).filter(({ path }) =>
        /^spec\.(archive|chart|data|package)\./.test(path),
      );
      const others = partsOf(proposal).filter(({ path }) => !contents.some((part) => part.path === path));
      for (const part of [...contents, ...others])
        problems.push(...(await flipPart(`${type} ${name} ${part.path}`, part)));
    }
    process.stderr.write(`flips: ${type}: ${flips} in ${list.length} vectors\n`);
    expect(problems).toEqual([]);
  },
  900_000,
);
