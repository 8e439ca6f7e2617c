import type { Reporter, Span } from '../diagnostic/diagnostic.ts';
import { nearest } from '../diagnostic/suggest.ts';
import { Conditions, type Impossible, type Test } from './conditions.ts';
import { type Choice, type Explored, explore } from './explore.ts';
import type { Edge, GraphDef, NodeDef } from './graph.ts';
import { START } from './names.ts';
import { orWords, sampleWords } from './samples.ts';
import { ScopeSchemas } from './scope-schemas.ts';

/** The edges of a node, in the order in which they are tried. */
interface Ways {
  readonly from: string;
  readonly name: string;
  readonly conditional: readonly Edge[];
  readonly fallback: Edge | undefined;
  /** Every edge whose condition is true is taken. */
  readonly all: boolean;
}

/**
 * Follows the conditions of each node through all they can tell apart: finds those that are never true, edges that are
 * never reached behind others, and values for which no edge is left.
 */
export function lintConditions(graph: GraphDef, reporter: Reporter): void {
  const around = { schemas: new ScopeSchemas(graph), budget: { left: MAX_WORK } };
  for (const [from, edges] of Map.groupBy(graph.edges, edge => edge.from)) {
    const node = graph.nodes.get(from);
    const conditional = edges.filter(e => e.when !== undefined);
    if (conditional.length === 0 || node?.kind === 'router') continue;
    const name = from === START ? START : `"${from}"`;
    const fallback = edges.find(e => e.when === undefined);
    lintWays({ from, name, conditional, fallback, all: node?.routeAll === true }, node, around, reporter);
  }
}

/** Evaluations of parts of conditions, in one graph: a tenth of a second. What is left then stays open. */
const MAX_WORK = 2_000_000;

interface Around {
  readonly schemas: ScopeSchemas;
  readonly budget: { left: number };
}

function lintWays(ways: Ways, node: NodeDef | undefined, { schemas, budget }: Around, reporter: Reporter): void {
  const { conditional, fallback, all } = ways;
  // A condition that could not be read was reported; what it would have said is not known.
  if (conditional.some(e => e.whenSpan === undefined)) return;
  const conditions = new Conditions(schemas.at(node));
  const tests: Test[] = [];
  const impossible = new Map<Edge, Impossible[]>();
  for (const edge of conditional) {
    const before = conditions.impossible.length;
    tests.push(testOf(edge, conditions));
    impossible.set(edge, conditions.impossible.slice(before));
  }
  const choice: Choice = { tests, variables: conditions.variables, size: conditions.size, all };
  const found = explore(choice, budget);
  if (!found) return;
  conditional.forEach((edge, i) => {
    reportEdge(ways, edge, found, i, impossible.get(edge) ?? [], reporter);
  });
  if (fallback) reportFallback(ways, fallback, found, reporter);
  else if (!found.complete) reportMissing(ways, found, reporter);
}

function testOf({ when }: Edge, conditions: Conditions): Test {
  if (when?.kind !== 'expr') return () => when?.value === true;
  const { expr } = when;
  if (expr.names.size > 0) return conditions.test(expr.tree);
  try {
    const value = expr.evaluate({});
    return () => value === true;
  } catch {
    return () => false;
  }
}

function reportEdge(
  { from, conditional }: Ways,
  edge: Edge,
  { never, behind }: Explored,
  i: number,
  impossible: readonly Impossible[],
  reporter: Reporter,
): void {
  const { whenSpan = edge.span, to } = edge;
  for (const { name, literal, values } of impossible) {
    const near =
      typeof literal === 'string'
        ? nearest(
            literal,
            values.filter(v => typeof v === 'string'),
          )
        : undefined;
    const listed = orWords(values.slice(0, 8).map(v => JSON.stringify(v))) + (values.length > 8 ? ' and others' : '');
    const hint = near === undefined ? `it is ${listed}` : `did you mean ${JSON.stringify(near)}?`;
    reporter.report('dead-condition', whenSpan, `"${name}" is never ${JSON.stringify(literal)}`, { hint });
  }
  const way = `${from} -> ${to.join(', ')}`;
  if (never[i] === true) {
    if (impossible.length > 0) return;
    const hint = 'correct the condition, or remove the edge';
    reporter.report('dead-condition', whenSpan, `the condition of the edge ${way} is never true`, { hint });
    return;
  }
  const before = behind[i];
  if (before === undefined) return;
  const hint = 'put the narrower condition first, or remove the edge';
  const message = `the edge ${way} is never taken: whenever its condition is true, an edge before it is taken`;
  reporter.report('shadowed-edge', whenSpan, message, { hint, related: relatedTo(before, conditional) });
}

function reportFallback({ from, conditional, all }: Ways, edge: Edge, found: Explored, reporter: Reporter): void {
  const before = found.behindFallback;
  if (before === undefined) return;
  const [only] = before;
  const sure = before.length === 1 && only !== undefined && found.always[only] === true;
  const why = sure
    ? `the condition ${all ? 'of another' : 'before it'} is always true`
    : `the conditions ${all ? 'of the others' : 'before it'} leave nothing over`;
  const message = `the edge ${from} -> ${edge.to.join(', ')} is never taken: ${why}`;
  const hint = 'remove the edge, or change the conditions';
  reporter.report('shadowed-edge', edge.span, message, { hint, related: relatedTo(before, conditional) });
}

const MAX_RELATED = 3;

function relatedTo(indexes: readonly number[], edges: readonly Edge[]): { message: string; span: Span }[] {
  return indexes.slice(0, MAX_RELATED).flatMap(i => {
    const edge = edges[i];
    return edge
      ? [{ message: `${edge.from} -> ${edge.to.join(', ')} is taken first`, span: edge.whenSpan ?? edge.span }]
      : [];
  });
}

function reportMissing({ from, name, conditional }: Ways, { gap }: Explored, reporter: Reporter): void {
  const last = conditional.at(-1);
  if (!last) return;
  const hint = `add "${from} -> END" or another edge without "when"; with none true the run fails`;
  if (gap === undefined) {
    reporter.report('missing-default', last.span, `all edges of ${name} have a condition`, { hint });
    return;
  }
  const where = gap.parts.map(
    ({ name: variable, samples, chosen }) => `${variable} is ${sampleWords(samples, chosen)}`,
  );
  const more = gap.others ? ', among others' : '';
  const message = `no edge of ${name} is taken when ${where.join(' and ')}${more}`;
  reporter.report('missing-default', last.span, message, { hint });
}
