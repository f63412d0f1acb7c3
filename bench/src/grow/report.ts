import { type GrowResults, median, overRuns, type SizeResult } from './results.ts';
import type { GrowRun, Read } from './run.ts';

/** A row of the report: what it is, how it is taken from the log of one size, and how it must stand at the largest. */
interface Row {
  readonly name: string;
  readonly of: (result: SizeResult) => number;
  readonly text: (value: number) => string;
  readonly goal?: Goal;
}

/** What must hold between the value at the smallest and at the largest size. */
interface Goal {
  readonly text: string;
  readonly holds: (smallest: number, largest: number) => boolean;
}

const atMost = (times: number): Goal => ({
  text: `≤ ${times}×`,
  holds: (smallest, largest) => largest <= smallest * times,
});
const under = (milliseconds: number): Goal => ({
  text: `< ${milliseconds} ms`,
  holds: (_, largest) => largest < milliseconds,
});

const milliseconds = (value: number): string => `${value.toFixed(value < 100 ? 2 : 0)} ms`;
const microseconds = (value: number): string => `${value.toFixed(0)} µs`;
const perSecond = (value: number): string => `${value.toFixed(0)}/s`;
const bytes = (value: number): string => `${value.toFixed(0)} B`;
const count = (value: number): string => value.toFixed(5);

const overMedian = (name: string, text: Row['text'], of: (run: GrowRun) => number, goal?: Goal): Row => ({
  name,
  text,
  of: (result) => overRuns(result, of).median,
  ...(goal && { goal }),
});
const read = (name: Read, goal: Goal): Row[] => [
  overMedian(`${name}, p50`, milliseconds, ({ reads }) => reads[name].p50),
  overMedian(`${name}, p99`, milliseconds, ({ reads }) => reads[name].p99, goal),
];

const twice = atMost(2);
const rows: readonly Row[] = [
  { name: 'log, bytes an entry', of: ({ data }) => data.log / data.entries, text: bytes },
  { name: 'search index, bytes an entry', of: ({ data }) => data.search / data.entries, text: bytes },
  overMedian(
    'tiles read an append',
    count,
    ({ engine }) => engine.appended.tilesRead / engine.append.answers,
    atMost(1.5),
  ),
  overMedian(
    'tiles written an append',
    count,
    ({ engine }) => engine.appended.tilesWritten / engine.append.answers,
    atMost(1.5),
  ),
  overMedian('tiles read a proof', count, ({ engine }) => engine.proven.tilesRead / engine.proof.answers),
  overMedian('append, 128 clients', perSecond, ({ append }) => append.perSecond, {
    text: '≥ 0.8×',
    holds: (smallest, largest) => largest >= smallest * 0.8,
  }),
  overMedian('append, 128 clients, p99', milliseconds, ({ append }) => append.p99),
  overMedian('append, 128 clients, processor time', microseconds, ({ appendCpu }) => appendCpu),
  overMedian('append to the tree alone, 128 at once', perSecond, ({ engine }) => engine.append.perSecond),
  overMedian('append to the tree alone, processor time', microseconds, ({ engine }) => engine.appendCpu),
  ...read('by index', twice),
  ...read('by UUID', twice),
  overMedian('inclusion proof of the tree, p50', milliseconds, ({ engine }) => engine.proof.p50),
  overMedian('inclusion proof of the tree, p99', milliseconds, ({ engine }) => engine.proof.p99, twice),
  ...read('search by key', under(20)),
  ...read('search by digest', under(20)),
  overMedian('ready', milliseconds, ({ ready }) => ready, under(3000)),
  {
    name: 'ready, nothing in memory',
    of: ({ coldStarts }) => median(coldStarts),
    text: milliseconds,
    goal: under(3000),
  },
  overMedian(
    'resident',
    (value) => `${value.toFixed(0)} MiB`,
    ({ residentMebibytes }) => residentMebibytes,
  ),
];

/** Everything that was measured, in Markdown. */
export function growReport({ sizes, machine, date, upstream }: GrowResults): string {
  const runs = sizes[0]?.runs ?? [];
  const heads = ['', ...sizes.map(({ size }) => size.toLocaleString('en'))];
  const lines = [
    `${machine}, ${date}, ${runs[0]?.verifier} verifier; medians of ${runs.length} interleaved runs, reads by one client`,
    '',
    tableLine([...heads, 'ratio', 'goal']),
    tableLine([...heads, '', ''].map(() => '---')),
    ...rows.map((row) => tableLine(cellsOf(row, sizes))),
    '',
    'append, 128 clients, every run:',
    ...sizes.map(({ size, runs }) => {
      const rates = (of: (run: GrowRun) => number) => runs.map((each) => of(each).toFixed(0)).join(' ');
      const [node, tree] = [rates(({ append }) => append.perSecond), rates(({ engine }) => engine.append.perSecond)];
      return `- ${size.toLocaleString('en')}: ${node}; the tree alone: ${tree}`;
    }),
    '',
    tableLine(['rows and bytes an entry', ...heads.slice(1)]),
    tableLine(heads.map(() => '---')),
    ...(sizes.at(-1)?.data.tables ?? [])
      .filter(({ rows: all }) => all > 100)
      .map(({ name }) => tableLine(tableCells(name, sizes))),
  ];
  if (upstream !== undefined) {
    const { from, to } = upstream;
    const each = (value: number): string => (value / (to - from)).toFixed(0);
    const tables = upstream.tables.filter(({ bytes: all }) => all > 0);
    lines.push(
      '',
      `upstream, bytes an entry between ${from} and ${to} entries: ${each(tables.reduce((sum, table) => sum + table.bytes, 0))}` +
        ` in its tables (${tables.map(({ name, bytes: all }) => `${name} ${each(all)}`).join(', ')}), ${each(upstream.folder)} in its folder`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function cellsOf({ name, of, text, goal }: Row, sizes: readonly SizeResult[]): string[] {
  const values = sizes.map(of);
  const [smallest = Number.NaN, largest = Number.NaN] = [values[0], values.at(-1)];
  const ratio = smallest === 0 ? '' : `${(largest / smallest).toFixed(2)}×`;
  const verdict = goal === undefined ? '' : `${goal.text}${goal.holds(smallest, largest) ? '' : ': missed'}`;
  return [name, ...values.map(text), ratio, verdict];
}

function tableCells(name: string, sizes: readonly SizeResult[]): string[] {
  const cells = sizes.map(({ data }) => {
    const table = data.tables.find((each) => each.name === name);
    return table === undefined ? '' : `${(table.rows / data.entries).toFixed(4)}, ${bytes(table.bytes / data.entries)}`;
  });
  return [`\`${name}\``, ...cells];
}

function tableLine(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
