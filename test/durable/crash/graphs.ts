/**
 * Graphs made from a seed: chains, forks, wide forks, maps of functions and of graphs, subgraphs, agents, waits, questions,
 * retries, steps, loops. What they give depends on nothing but the graph, whatever ran at once and however often it ended.
 */

export type Random = (below: number) => number;

/** Numbers from a seed, each below what is asked. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return below => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** A part of a graph with one way in and one way out. */
interface Part {
  readonly entry: string;
  readonly exit: string;
}

const SEEN = '  seen: { type: list<string>, merge: append }\n  kept: { type: list<any>, merge: append }';

class Maker {
  readonly nodes: string[] = [];
  readonly edges: string[] = [];
  readonly keys: string[] = [SEEN];
  private count = 0;
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  private node(kind: string, text: string): string {
    const id = `${kind}${++this.count}`;
    this.nodes.push(`  ${id}: { ${text} }`);
    return id;
  }

  private single(kind: string, text: string): Part {
    const id = this.node(kind, text);
    return { entry: id, exit: id };
  }

  function(): Part {
    const kind = ['note', 'steps', 'flaky'][this.random(3)] ?? 'note';
    const retry = kind === 'flaky' ? ', retry: { attempts: 3, delay: 1ms }' : '';
    return this.single(kind, `type: function, function: ${kind}, input: {}${retry}`);
  }

  chain(depth: number, length: number): Part {
    const parts = Array.from({ length }, () => this.part(depth));
    for (const [i, { exit }] of parts.entries()) {
      const next = parts[i + 1];
      if (next) this.edges.push(`  - ${exit} -> ${next.entry}`);
    }
    return { entry: parts[0]?.entry ?? '', exit: parts.at(-1)?.exit ?? '' };
  }

  private fork(depth: number, width: number): Part {
    const entry = this.node('begin', 'type: function, function: note, input: {}');
    const branches = Array.from({ length: width }, () =>
      width > 4 ? this.function() : this.chain(depth - 1, 1 + this.random(2)),
    );
    const exit = this.node('meet', 'type: function, function: note, input: {}');
    this.edges.push(`  - "${entry} -> [${branches.map(b => b.entry).join(', ')}]"`);
    this.edges.push(`  - "[${branches.map(b => b.exit).join(', ')}] -> ${exit}"`);
    return { entry, exit };
  }

  private loop(depth: number): Part {
    const key = `round${++this.count}`;
    this.keys.push(`  ${key}: { type: number, default: 0, merge: sum }`);
    const entry = this.node('again', 'type: function, function: note, input: {}, maxVisits: 9');
    const body = this.chain(depth - 1, 1);
    const exit = this.node('count', `type: set, set: { ${key}: "1" }`);
    const out = this.node('out', 'type: function, function: note, input: {}');
    this.edges.push(`  - ${entry} -> ${body.entry}`, `  - ${body.exit} -> ${exit}`);
    this.edges.push(`  - { from: ${exit}, to: ${entry}, when: ${key} < 2 }`, `  - ${exit} -> ${out}`);
    return { entry, exit: out };
  }

  private part(depth: number): Part {
    const kinds = depth > 0 ? 11 : 8;
    switch (this.random(kinds)) {
      case 0:
        return this.single('wait', 'type: wait, for: 2ms');
      case 1:
        return this.single('ask', 'type: interrupt, message: "Well?", output: { seen: output }');
      case 2:
        return this.single('event', 'type: wait, event: go, schema: { what: string }, output: { seen: output.what }');
      case 3:
        return this.single(
          'each',
          `type: map, over: "[1, 2, 3, 4, 5, 6].filter(i, i <= ${2 + this.random(5)})", concurrency: ${1 + this.random(4)}, collect: seen, node: { type: function, function: item, input: { item: item } }`,
        );
      case 4:
        return this.single(
          'graphs',
          `type: map, over: "[1, 2, 3]", graph: ./part.yaml, concurrency: ${1 + this.random(3)}, collect: kept`,
        );
      case 5:
        return this.single('agent', 'type: agent, prompt: { user: Go on. }, tools: [look], output: { seen: output }');
      case 6:
        return this.single('sub', 'type: graph, graph: ./part.yaml, output: { seen: output.said }');
      case 8:
        return this.fork(depth, 2 + this.random(2));
      case 9:
        return this.fork(depth, 9);
      case 10:
        return this.loop(depth);
      default:
        return this.function();
    }
  }
}

/** A graph that maps and subgraphs contain. */
export const PART = `name: part
state: { said: { type: list<string>, merge: append } }
output: [said]
nodes:
  first: { type: function, function: part, input: {}, output: said }
  ask: { type: interrupt, message: "Fine?" }
  last: { type: function, function: part, input: {}, output: said }
edges: [START -> first -> ask -> last -> END]
`;

/** The text of the graph that a seed makes. */
export function graphFrom(seed: number): string {
  const maker = new Maker(randomFrom(seed));
  const { entry, exit } = maker.chain(2, 3);
  return `name: seed${seed}
model: counting
state:
${maker.keys.join('\n')}
tools:
  look: { type: function, function: look, description: Looks., input: { round: number } }
nodes:
${maker.nodes.join('\n')}
edges:
  - START -> ${entry}
${maker.edges.join('\n')}
  - ${exit} -> END
`;
}
