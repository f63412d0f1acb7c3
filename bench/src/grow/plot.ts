import { type GrowResults, median, overRuns, type SizeResult } from './results.ts';
import type { GrowRun } from './run.ts';

/** A line of a panel. */
interface Line {
  readonly name: string;
  readonly of: (result: SizeResult) => Point;
}

/** A value at one size, and how far the runs were apart. */
interface Point {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

interface Panel {
  readonly title: string;
  readonly lines: readonly Line[];
}

const overAll = (name: string, of: (run: GrowRun) => number): Line => ({ name, of: (result) => overRuns(result, of) });
const once = (name: string, of: (result: SizeResult) => number): Line => ({
  name,
  of: (result) => ({ low: of(result), median: of(result), high: of(result) }),
});

const panels: readonly Panel[] = [
  {
    title: 'Appends a second, 128 clients',
    lines: [
      overAll('over HTTP', ({ append }) => append.perSecond),
      overAll('the tree alone', ({ engine }) => engine.append.perSecond),
    ],
  },
  {
    title: 'Reads, p99 in ms',
    lines: [
      overAll('by index', ({ reads }) => reads['by index'].p99),
      overAll('by UUID', ({ reads }) => reads['by UUID'].p99),
    ],
  },
  {
    title: 'Searches, p99 in ms',
    lines: [
      overAll('by key', ({ reads }) => reads['search by key'].p99),
      overAll('by digest', ({ reads }) => reads['search by digest'].p99),
    ],
  },
  {
    title: 'Start until ready, in s',
    lines: [
      overAll('warm', ({ ready }) => ready / 1000),
      once('nothing in memory', ({ coldStarts }) => median(coldStarts) / 1000),
    ],
  },
];

// Middle tones, which stand out from a white page and from a dark one.
const ink = '#6e7781';
const colours = ['#3b82f6', '#d97706'];

const panel = { width: 400, height: 230, left: 52, right: 16, top: 46, bottom: 40 } as const;
const columns = 2;

/** Draws how a log behaves as it grows: sizes on a logarithmic axis, medians as lines, the runs as bars. SVG. */
export function growPlot({ sizes }: GrowResults): string {
  const [width, height] = [panel.width * columns, panel.height * Math.ceil(panels.length / columns)];
  const drawn = panels.map((each, at) => {
    const place = `translate(${(at % columns) * panel.width} ${Math.floor(at / columns) * panel.height})`;
    return `<g transform="${place}">${drawPanel(each, sizes)}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`,
    ` font-family="system-ui, sans-serif" font-size="12" fill="${ink}">\n`,
    '<title>Countersign as its log grows</title>\n',
    drawn.join('\n'),
    '\n</svg>\n',
  ].join('');
}

function drawPanel({ title, lines }: Panel, sizes: readonly SizeResult[]): string {
  const points = lines.map(({ of }) => sizes.map(of));
  const { top, step } = axisOf(Math.max(...points.flat().map(({ high }) => high)));
  const [first = 1, last = first] = [sizes[0]?.size, sizes.at(-1)?.size].map((size) => Math.log10(size ?? 1));
  const [right, bottom] = [panel.width - panel.right, panel.height - panel.bottom];
  const inset = 24;
  const x = (size: number): string =>
    (
      panel.left +
      inset +
      ((Math.log10(size) - first) / (last - first || 1)) * (right - panel.left - 2 * inset)
    ).toFixed(1);
  const y = (value: number): string => (bottom - (value / top) * (bottom - panel.top)).toFixed(1);

  const parts = [`<text x="${panel.left}" y="18" font-size="14" font-weight="600">${title}</text>`];
  for (let tick = 0; tick <= Math.round(top / step); tick += 1) {
    const at = y(tick * step);
    parts.push(
      `<path d="M${panel.left} ${at}H${right}" stroke="${ink}" stroke-opacity="${tick === 0 ? 1 : 0.25}"/>`,
      `<text x="${panel.left - 6}" y="${at}" dy="4" text-anchor="end">${Number((tick * step).toPrecision(3)).toLocaleString('en')}</text>`,
    );
  }
  for (const { size } of sizes) {
    parts.push(`<text x="${x(size)}" y="${bottom + 18}" text-anchor="middle">${shortCount(size)}</text>`);
  }
  parts.push(`<text x="${right}" y="${bottom + 34}" text-anchor="end" font-size="11">entries</text>`);
  for (const [at, { name }] of lines.entries()) {
    const colour = colours[at];
    const path = sizes.map(({ size }, i) => `${i === 0 ? 'M' : 'L'}${x(size)} ${y(points[at]?.[i]?.median ?? 0)}`);
    parts.push(`<path d="${path.join('')}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    for (const [i, { size }] of sizes.entries()) {
      const point = points[at]?.[i] ?? { low: 0, median: 0, high: 0 };
      parts.push(
        `<path d="M${x(size)} ${y(point.low)}V${y(point.high)}" stroke="${colour}" stroke-opacity="0.6"/>`,
        `<circle cx="${x(size)}" cy="${y(point.median)}" r="3.5" fill="${colour}"/>`,
      );
    }
    const legend = panel.left + at * 130;
    parts.push(
      `<circle cx="${legend + 4}" cy="32" r="4" fill="${colour}"/>`,
      `<text x="${legend + 14}" y="36">${name}</text>`,
    );
  }
  return parts.join('');
}

/** The end of an axis that holds `highest`, and the distance of its marks: 1, 2 or 5 times a power of ten. */
function axisOf(highest: number): { readonly top: number; readonly step: number } {
  const power = 10 ** Math.floor(Math.log10(highest / 4));
  const step = power * ([1, 2, 5, 10].find((times) => highest / (times * power) <= 5) ?? 10);
  return { top: Math.ceil(highest / step) * step, step };
}

function shortCount(count: number): string {
  if (count >= 1e6) return `${count / 1e6} M`;
  return count >= 1e3 ? `${count / 1e3} k` : `${count}`;
}
