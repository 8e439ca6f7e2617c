/** Writes the report. The same documents give the same text, anywhere and at any time. */
import { literal } from './layout.ts';
import { outlineSection } from './outline.ts';
import { filesSection, leftOutSection, linksSection, problemsSection, termsSection } from './sections.ts';
import { summary } from './summary.ts';
import type { Analysis, FileStats, Finding, Source } from './types.ts';

interface Input {
  readonly source: Source;
  readonly stats: readonly FileStats[];
  readonly patterns: readonly Finding[];
  readonly analysis: Analysis;
}

/** Puts together what the three nodes before found: the summary first, then what to do, then what there is. */
export function report({ source, stats, patterns, analysis }: Input): string {
  const sections = [
    `# Report on ${literal(source.name)}`,
    summary(source, stats, patterns, analysis),
    problemsSection(patterns),
    filesSection(stats),
    outlineSection(analysis),
    termsSection(analysis),
    linksSection(analysis),
    leftOutSection(source),
  ];
  return `${sections.filter(section => section !== '').join('\n\n')}\n`;
}
