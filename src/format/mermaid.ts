import { assertNever } from '../compile/assert-never.ts';
import { type Exit, errorTarget, type GraphDef, type NodeDef, sourceOf } from '../compile/graph.ts';
import { END, START } from '../compile/names.ts';

/** Quotes a label: Mermaid reads `"` and `#` itself. */
function label(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 59)}…` : text;
  return `"${short.replaceAll('#', '#35;').replaceAll('"', '#quot;').replaceAll('\n', ' ')}"`;
}

/** Ids are prefixed: `end` and `graph` are words of Mermaid's own. */
const idOf = (name: string): string => (name === START || name === END ? name : `n_${name}`);

function shape(node: NodeDef): string {
  const text = label(node.id);
  switch (node.kind) {
    case 'function':
      return `[${text}]`;
    case 'set':
      return `[/${text}/]`;
    case 'llm':
      return `([${text}])`;
    case 'router':
      return `{${text}}`;
    case 'tool':
    case 'http':
      return `[/${text}\\]`;
    case 'graph':
      return `[[${text}]]`;
    case 'map':
      return `[[${label(`${node.id} ×n`)}]]`;
    case 'agent':
      return `([${label(`${node.id} ⚒`)}])`;
    case 'turn':
    case 'call':
    case 'machine':
      return `[[${text}]]`;
    case 'wait':
      return `>${text}]`;
    case 'interrupt':
      return `{{${text}}}`;
    default:
      return assertNever(node);
  }
}

function conditionOf(exit: Exit, exits: readonly Exit[]): string | undefined {
  if (exit.when === undefined) return exits.length > 1 && !exit.each ? 'else' : undefined;
  return sourceOf(exit.when);
}

/** Draws a graph as a Mermaid flowchart. */
export function toMermaid(graph: GraphDef): string {
  const lines = ['flowchart TD', '  START(("START"))'];
  for (const node of graph.nodes.values()) lines.push(`  ${idOf(node.id)}${shape(node)}:::${node.kind}`);
  lines.push('  END(("END"))');
  for (const [from, exits] of graph.exits) {
    for (const exit of exits) {
      const condition = conditionOf(exit, exits);
      const arrow = condition === undefined ? '-->' : `-->|${label(condition)}|`;
      for (const [i, target] of exit.targets.entries()) {
        const own = exit.each?.[i];
        const shown = own === undefined ? arrow : `-->|${label(sourceOf(own))}|`;
        lines.push(`  ${idOf(from)} ${shown} ${idOf(target)}`);
      }
    }
  }
  for (const node of graph.nodes.values()) {
    const handler = errorTarget(node);
    if (handler !== undefined) lines.push(`  ${idOf(node.id)} -.->|"on error"| ${idOf(handler)}`);
    if (node.onLimit === undefined) continue;
    const visits = label(`after ${node.maxVisits ?? graph.maxVisits} visits`);
    lines.push(`  ${idOf(node.id)} -.->|${visits}| ${idOf(node.onLimit)}`);
  }
  lines.push(
    '  classDef function fill:#e8f0fe,stroke:#4a6fa5',
    '  classDef set fill:#f1f1f1,stroke:#888',
    '  classDef llm fill:#efe7fb,stroke:#7a55b5',
    '  classDef router fill:#efe7fb,stroke:#7a55b5',
    '  classDef tool fill:#fbe9e1,stroke:#b0653a',
    '  classDef http fill:#fbe9e1,stroke:#b0653a',
    '  classDef graph fill:#e3f3e6,stroke:#4d8a5a',
    '  classDef interrupt fill:#fff4d6,stroke:#b98900',
    '  classDef wait fill:#fff4d6,stroke:#b98900',
  );
  return `${lines.join('\n')}\n`;
}
