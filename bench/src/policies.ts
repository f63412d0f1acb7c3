import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Countersign, startCountersign } from './countersign.ts';
import { type Load, measure } from './measure.ts';

/** What admission policies may cost of the rate. */
const mostLoss = 0.15;

const load: Load = { mode: 'append', clients: 16, requests: 60_000 };

/**
 * Measures uploads of hashedrekord to a log with the policies that it has by default, and to one without any, in turns: one
 * process each, both there all the time, one of them under load.
 *
 * @returns a Markdown table, and the median of the ratios
 */
export async function measurePolicies(folder: string, seconds: number, pairs: number): Promise<string> {
  const open = join(folder, 'open.yaml');
  await writeFile(open, 'log: {admission: {policies: []}}\n');
  const nodes: Countersign[] = [];
  try {
    for (const [name, config] of [
      ['with', undefined],
      ['without', open],
    ] as const) {
      await mkdir(join(folder, name));
      nodes.push(await startCountersign(join(folder, name), undefined, config));
    }
    const [withPolicies, without] = nodes as [Countersign, Countersign];
    // What just-in-time compilers and caches need is paid before anything is measured.
    for (const node of nodes) await measure(node, load, Math.min(3, seconds));
    const rows: (readonly [number, number])[] = [];
    for (let pair = 0; pair < pairs; pair++) {
      // Each comes first as often as the other.
      const turn = pair % 2 === 0 ? [withPolicies, without] : [without, withPolicies];
      const rates = new Map<Countersign, number>();
      for (const node of turn) rates.set(node, (await measure(node, load, seconds)).perSecond);
      rows.push([rates.get(withPolicies) ?? 0, rates.get(without) ?? 0]);
      process.stderr.write(`pair ${pair + 1} of ${pairs}\n`);
    }
    return report(rows);
  } finally {
    for (const node of nodes) await node.stop();
  }
}

function report(rows: readonly (readonly [number, number])[]): string {
  const ratios = rows.map(([withPolicies, without]) => withPolicies / without);
  const ratio = median(ratios);
  const lines = rows.map(
    ([a, b], at) => `| ${at + 1} | ${a.toFixed(0)}/s | ${b.toFixed(0)}/s | ${(ratios[at] ?? 0).toFixed(3)} |\n`,
  );
  const verdict = ratio < 1 - mostLoss ? `: missed, the goal is ${1 - mostLoss}` : '';
  return [
    '| pair | default policies | none | ratio |\n|---|---|---|---|\n',
    ...lines,
    `\nMedian ratio of ${rows.length} pairs, ${load.clients} clients: ${ratio.toFixed(3)}${verdict}\n`,
  ].join('');
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
