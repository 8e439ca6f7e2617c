/**
 * This project beside LangGraph.js and XState by hand, on the same shapes with the same node bodies, in one run.
 *
 *     npm run bench                          everything, three sizes each; writes bench/RESULTS.md and bench/results.json
 *     npm run bench -- --quick               one size of each shape, in less than a minute; writes nothing
 *     npm run bench -- --only chain,start    some of it
 *     npm run bench -- --check               as --quick; exit 1 when a ratio is far behind its bar
 *     npm run bench -- --against old.json    and says how far the ratios are from those of another run
 */
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { install } from './lib/install.ts';
import type { Results } from './lib/results.ts';

const USAGE = 'usage: npm run bench -- [--quick | --check] [--only names] [--against results.json] [--out folder]';

export interface Options {
  /** One size of each shape, and little time for each. */
  readonly quick: boolean;
  /** Only what is promised as a ratio. */
  readonly check: boolean;
  /** Names of shapes and groups of figures. Absent: all. */
  readonly only?: readonly string[];
  /** Results of another run. */
  readonly against?: Results;
  /** A folder to write the results to. */
  readonly out?: string;
}

function optionsOf(): Options | undefined {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      only: { type: 'string' },
      against: { type: 'string' },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const { quick, check, only, against } = values;
  const out = values.out ?? (quick || check || only ? undefined : import.meta.dirname);
  // What cannot be read or written is to be known before anything is measured.
  if (out) mkdirSync(out, { recursive: true });
  return {
    quick: quick || check,
    check,
    ...(only === undefined ? {} : { only: only.split(',') }),
    ...(against === undefined ? {} : { against: JSON.parse(readFileSync(against, 'utf8')) as Results }),
    ...(out === undefined ? {} : { out: path.resolve(out) }),
  };
}

/** The exit code: 0, 1 when something is far behind or cannot be measured, 2 for words that mean nothing. */
async function main(): Promise<number> {
  let options: Options | undefined;
  try {
    options = optionsOf();
  } catch (thrown) {
    console.error(`${(thrown as Error).message}\n${USAGE}`);
    return 2;
  }
  if (!options) {
    console.log(USAGE);
    return 0;
  }
  // What cannot be compared for want of a network is no failure of the code that is checked.
  if (!install(text => console.error(text))) return options.check ? 0 : 1;
  const { runSuite } = await import('./suite.ts');
  return runSuite(options);
}

process.exitCode = await main();
