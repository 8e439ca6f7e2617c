/** Makes `docs/errors.md` from the codes and their fixtures. Run by `scripts/update-errors.ts`, checked by a test. */
import path from 'node:path';
import { codes } from '../../src/index.ts';
import { type Fixture, fixtures, print } from './fixtures.ts';

export const docFile = path.resolve(import.meta.dirname, '../../docs/errors.md');

const intro = `# Errors

Every finding has a code, a position, the line with a caret and, where there is one, a hint. All findings of a file
are reported in one run; \`statewright check\` prints them, with \`--json\` for programs, and \`compileGraph\` and
\`loadGraph\` give them as data (\`diagnostics\`, or \`warnings\` on a graph). An **error** refuses the graph, a
**warning** does not. At most 200 of each are kept. Codes are stable across releases.

This page is made from \`src/diagnostic/codes.ts\` and the fixtures in \`test/fixtures/errors\` by
\`scripts/update-errors.ts\`; a test checks that it is current.

| Code | | Meaning |
|---|---|---|
`;

async function section(code: string, fixture: Fixture): Promise<string> {
  const [severity, meaning, fix] = codes[code as keyof typeof codes];
  const example =
    fixture.text === undefined
      ? `Example: ${fixture.what} (made by the test, not a file).`
      : `\`\`\`yaml\n${fixture.text.trimEnd()}\n\`\`\``;
  const printed = shorten(print(await fixture.find()));
  const kind = severity === 'warning' ? 'A warning. ' : '';
  return `## ${code}\n\n${kind}${meaning}\n\n${example}\n\n\`\`\`text\n${printed}\n\`\`\`\n\nFix: ${fix}\n`;
}

/** Bytes that are no text have no place in a page. */
function shorten(printed: string): string {
  return printed.replaceAll('\ufffd', '?');
}

export async function renderErrors(): Promise<string> {
  const rows = Object.entries(codes).map(
    ([code, [severity, meaning]]) => `| [\`${code}\`](#${code}) | ${severity} | ${meaning.replaceAll('|', '\\|')} |`,
  );
  const sections: string[] = [];
  for (const code of Object.keys(codes)) {
    const fixture = fixtures.get(code);
    if (fixture) sections.push(await section(code, fixture));
  }
  return `${intro}${rows.join('\n')}\n\n${sections.join('\n')}`;
}
