/**
 * Everything that must hold before a change lands: format and lint, types, what is generated, every test, the packed
 * package in an empty folder, speed beside LangGraph.js. `npm test` runs it, and so does CI; nothing else is checked anywhere.
 *
 * The last line counts the steps and the single tests: `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const bin = (name: string): string => path.join(root, 'node_modules', name);
const temporary = mkdtempSync(path.join(tmpdir(), 'statewright-test-'));
const report = path.join(temporary, 'vitest.json');

interface Step {
  readonly name: string;
  readonly args: readonly string[];
  /** What there must be for it; without it the step is left out. */
  readonly needs?: string;
}

/** Installed by the benchmarks, where there is a network. */
const langgraph = path.join(root, 'bench/node_modules/@langchain/langgraph');

const steps: readonly Step[] = [
  { name: 'format and lint', args: [bin('@biomejs/biome/bin/biome'), 'ci', '--error-on-warnings', '.'] },
  { name: 'types', args: [bin('typescript/bin/tsc'), '-p', '.'] },
  { name: 'generated files are current', args: ['scripts/generate.ts', '--check'] },
  { name: 'the README says what happens', args: ['scripts/readme.ts', '--check'] },
  {
    name: 'tests',
    args: [bin('vitest/vitest.mjs'), 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
  },
  { name: 'packed package', args: ['scripts/test-package.ts'] },
  { name: 'speed is not far behind what is promised', args: ['bench/run.ts', '--check'] },
  { name: 'types of the benchmarks', args: [bin('typescript/bin/tsc'), '-p', 'bench'], needs: langgraph },
];

let passed = 0;
let failed = 0;

function count(name: string, ok: boolean): void {
  if (ok) passed++;
  else failed++;
  console.log(`${ok ? 'ok' : 'FAILED'}: ${name}\n`);
}

/** Adds up the single tests of the vitest run. */
function countTests(): void {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8')) as {
      numPassedTests: number;
      numFailedTests: number;
    };
    passed += numPassedTests;
    failed += numFailedTests;
  } catch {
    count('the test runner wrote no report', false);
  }
}

try {
  for (const { name, args, needs } of steps) {
    console.log(`== ${name}`);
    if (needs && !existsSync(needs)) {
      console.log(`left out: there is no ${path.relative(root, needs)}\n`);
      continue;
    }
    const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    count(name, status === 0);
    if (name === 'tests') countTests();
  }
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
