/** Results as tables of Markdown. */
import { type Verdict, verdictsOf } from './bars.ts';
import type { CaseResult, Figure, PairName, Ratio, Results, ShapeResult } from './results.ts';
import { SUBJECTS, type SubjectName, TITLES } from './shape.ts';
import type { Quartiles } from './stats.ts';

/** Three significant digits, and no more zeros than that takes. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString('en-US', {
    minimumFractionDigits: Math.min(digits, 4),
    maximumFractionDigits: Math.min(digits, 4),
  });
}

type Row = readonly string[];

function table(head: Row, rows: readonly Row[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(3, ...all.map(row => row[i]?.length ?? 0)));
  const line = (row: Row): string =>
    `| ${widths.map((w, i) => (i === 0 ? (row[i] ?? '').padEnd(w) : (row[i] ?? '').padStart(w))).join(' | ')} |`;
  const rule = `| ${widths.map((w, i) => (i === 0 ? '-'.repeat(w) : `${'-'.repeat(w - 1)}:`)).join(' | ')} |`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}

const spread = ({ low, median, high }: Quartiles, scale = 1): string =>
  `${short(median * scale)} (${short(low * scale)}–${short(high * scale)})`;

const named = (pair: PairName): string =>
  pair
    .split('/')
    .map(name => TITLES[name as SubjectName])
    .join(' / ');

/** Microseconds a unit: wall time with its quartiles, and CPU time. */
function timesTable({ cases, unit }: ShapeResult): string {
  const names = SUBJECTS.filter(name => cases.some(c => c.subjects[name]));
  const rows = names.flatMap(name =>
    cases.flatMap(({ size, subjects }): Row[] => {
      const found = subjects[name];
      if (!found) return [];
      const scale = 1_000 / size;
      const bytes = found.bytes ? short(found.bytes / size) : '';
      return [[TITLES[name], String(size), spread(found.wall, scale), spread(found.cpu, scale), bytes]];
    }),
  );
  return table(['', unit === 'branch' ? 'branches' : `${unit}s`, `µs a ${unit}`, 'CPU', `B a ${unit}`], rows);
}

function ratiosTable({ cases }: ShapeResult): string {
  const pairs = [...new Set(cases.flatMap(c => Object.keys(c.ratios) as PairName[]))];
  const cell = (ratio: Ratio | undefined): string => (ratio ? spread(ratio.wall) : '');
  const row = (pair: PairName): Row => [named(pair), ...cases.map((c: CaseResult) => cell(c.ratios[pair]))];
  return table(['ratio', ...cases.map(c => String(c.size))], pairs.map(row));
}

const growthLine = ({ growth, cases, criticalPath }: ShapeResult): string =>
  cases.length < 3
    ? ''
    : `\nGrowth, as the exponent of ${criticalPath ? 'time' : 'CPU time'}: ${SUBJECTS.flatMap(name => {
        const exponent = growth[name];
        return exponent === undefined ? [] : [`${TITLES[name]} ${exponent.toFixed(2)}`];
      }).join(', ')}.\n`;

function shapeSection(name: string, shape: ShapeResult): string {
  const path = shape.criticalPath?.map((ms, i) => `${ms} ms for ${shape.cases[i]?.size}`).join(', ');
  const critical = path ? `\nCritical path: ${path}.\n` : '';
  const counts = shape.cases.map(({ size, processes }) => `${processes} for ${size}`).join(', ');
  const measured = `${critical}${growthLine(shape)}\nProcesses of each: ${counts}.\n`;
  return `### ${name}: ${shape.about}\n\n${ratiosTable(shape)}\n${measured}\n${timesTable(shape)}\n`;
}

function figuresSection(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, unit, value, beside }): Row => {
    const other = beside ? `${beside.name}: ${spread(beside.value)}` : '';
    return [name, `${spread(value)} ${unit}`, other, beside ? spread(beside.ratio) : ''];
  });
  return `### Figures\n\n${table(['', 'value', 'beside', 'ratio'], rows)}\n`;
}

const markOf = ({ holds, value, atMost }: Verdict): string =>
  holds ? 'yes' : `no, by ${short((value / atMost - 1) * 100)} %`;

/** The bars, one a line: what was promised, what was measured. */
export function barsTable(results: Results): string {
  const rows = verdictsOf(results).map((verdict): Row => {
    const { what, value, atMost, unit } = verdict;
    const [space, shown] = [unit && ' ', (n: number) => short(n)];
    return [what, `${shown(value)}${space}${unit}`, `${shown(atMost)}${space}${unit}`, markOf(verdict)];
  });
  return table(['', 'measured', 'at most', 'holds'], rows);
}

export function reportOf(results: Results): string {
  const machine = Object.entries(results.machine).map(([name, value]): Row => [name, value]);
  const sections = Object.entries(results.shapes).map(([name, shape]) => shapeSection(name, shape));
  return `# Results

Made by \`npm run bench\`; [docs/performance.md](../docs/performance.md) says what is measured and where the time goes. Figures are
medians of processes with their quartiles; a ratio is that of samples that were taken one after the other.

${table(['', ''], machine)}

## Bars

${barsTable(results)}

## Measured

${sections.join('\n')}
${figuresSection(results.figures)}`;
}
