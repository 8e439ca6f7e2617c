/** Writes generated shapes as YAML graphs. */
import { type Block, CONDITIONS, type Fork, type Keys, type Leaf, type MapBlock } from './blocks.ts';
import { NOW } from './bodies.ts';

/** Timers from here on end somebody's waiting; a run does not wait for them. */
export const EXPIRIES = 9_000_000;

/** What all files of a generated graph share: node ids and durations are used once. */
class Ids {
  readonly files = new Map<string, string>();
  private count = 0;

  id(prefix: string): string {
    return `${prefix}${this.count++}`;
  }

  /** A duration in milliseconds by which its timer is known. */
  ms(): number {
    return 1_000_000 + this.count++;
  }
}

/** Where a block stands. */
interface Place {
  /** What it goes on to. */
  readonly next: string;
  /** In a fork whose join does not wait for all, so that two arrivals at one moment would be a race. */
  readonly races: boolean;
}

const STATE = `state:
  at: { type: string, default: '' }
  seen: { type: list<string>, merge: append }
  got: { type: list<any>, merge: append }
  n: { type: number, merge: sum }`;

/** What a node writes of the last error that was handled, where any can be. */
const LAST_ERROR = ', got: $error';

const PLAIN: Leaf = {
  kind: 'node',
  type: 'fn',
  mode: 'o',
  keys: { retry: null, timeout: false, deadline: false, before: false, after: false, onError: null },
  special: false,
};

class GraphFile {
  /** Whether any node has `onError`, so that `error` is in scope. */
  private handles = false;
  private readonly nodes: string[] = [];
  private readonly edges: string[] = [];
  private readonly counters: string[] = [];
  private readonly ids: Ids;

  constructor(ids: Ids) {
    this.ids = ids;
  }

  text(block: Block): string {
    const last = this.ids.id('st_o');
    this.set(last);
    this.edge(last, 'END');
    const first = this.add(block, { next: last, races: false });
    const counters = this.counters.map(key => `  ${key}: { type: number, default: 0 }`);
    const tools = 'tools: { call: { type: function, function: body } }';
    const lines = [
      'model: held',
      [STATE, ...counters].join('\n'),
      tools,
      'nodes:',
      ...this.nodes.map(n => n.replace(LAST_ERROR, this.handles ? ', got: error.node + error.code' : '')),
      'edges:',
    ];
    return `${[...lines, `  - START -> ${first}`, ...this.edges].join('\n')}\n`;
  }

  private edge(from: string, to: string, when?: string): void {
    this.edges.push(`  - { from: ${from}, to: ${to}${when === undefined ? '' : `, when: "${when}"`} }`);
  }

  private node(id: string, ...parts: readonly (string | false)[]): void {
    this.nodes.push(`  ${id}: { ${parts.filter(part => part).join(', ')} }`);
  }

  private set(id: string, writes = '', ...parts: readonly (string | false)[]): void {
    this.node(id, 'type: set', `set: { seen: "'${id}'"${writes} }`, ...parts);
  }

  /** Adds a block; returns where it begins. */
  private add(block: Block, place: Place): string {
    const { next } = place;
    switch (block.kind) {
      case 'node':
        return this.leaf(block, place);
      case 'seq':
        return [...block.blocks].reverse().reduce((then, inner) => this.add(inner, { ...place, next: then }), next);
      case 'choice': {
        const id = this.ids.id('st_o');
        this.set(id);
        this.edge(
          id,
          this.add(block.left, block.ends ? { ...place, next: 'END' } : place),
          CONDITIONS[block.condition],
        );
        this.edge(id, this.add(block.right, place));
        return id;
      }
      case 'router': {
        const id = this.ids.id('rt_o');
        const routes = `left: ${this.add(block.left, place)}, right: ${this.add(block.right, place)}`;
        this.node(
          id,
          `type: router, prompt: "{{ at }}${id}", routes: { ${routes} }, output: seen`,
          block.fallback && 'default: right',
          ...this.keys(block.keys, place),
        );
        return id;
      }
      case 'self': {
        const id = this.leaf(block.leaf, place);
        this.edges.unshift(`  - { from: ${id}, to: ${id}, when: visits.${id} < ${block.rounds} }`);
        return id;
      }
      case 'loop': {
        const [head, tail] = [this.ids.id('st_o'), this.ids.id('st_o')];
        const key = `k_${head}`;
        this.counters.push(key);
        this.set(
          head,
          `, ${key}: ${key} + 1`,
          block.budget !== null && `maxVisits: ${block.budget}`,
          block.budget !== null && block.limit && `onLimit: ${next}`,
        );
        this.set(tail);
        this.edge(head, this.add(block.body, { ...place, next: tail }));
        this.edge(tail, head, `${key} < ${block.rounds}`);
        this.edge(tail, next);
        return head;
      }
      case 'graph': {
        const id = this.ids.id('gr_o');
        this.node(
          id,
          'type: graph',
          `graph: ${this.file(block.body)}`,
          `input: { at: "at + '${id}/'", n: n }`,
          'output: { seen: output.seen, n: output.n }',
          ...(block.keys ? this.keys(block.keys, place) : []),
        );
        this.edge(id, next);
        return id;
      }
      case 'map':
        return this.map(block, place);
      case 'fork': {
        const id = this.ids.id('st_o');
        this.set(id, '', block.each !== null && 'route: all');
        const { heads, join } = this.branches(block, place);
        if (block.each === null) this.edge(id, `[${heads.join(', ')}]`);
        else {
          for (const [i, head] of heads.entries())
            this.edge(id, head, CONDITIONS[block.each[i % block.each.length] ?? 0]);
          this.edge(id, join);
        }
        return id;
      }
      case 'zone':
        return this.zone(block, place);
      case 'leave': {
        const id = this.ids.id('st_o');
        this.set(id);
        this.edge(id, 'END', CONDITIONS[block.condition]);
        this.edge(id, next);
        return id;
      }
    }
  }

  /** Another file; returns its name. */
  private file(block: Block): string {
    const name = `${this.ids.id('sub')}.yaml`;
    this.ids.files.set(name, new GraphFile(this.ids).text(block));
    return name;
  }

  /** The branches of a fork and their join: the targets of the fork. */
  private branches(fork: Fork, place: Place): { heads: readonly string[]; join: string } {
    const join = this.join(place.next, fork.need !== null && `join: ${fork.need}`);
    const inside: Place = { next: join, races: place.races || fork.need !== null };
    const heads = fork.branches.flatMap(branch => {
      if (branch.kind === 'fork' && branch.flat && fork.need === null) return this.branches(branch, inside).heads;
      // Who comes first is known when only one of them moves at a time.
      const isInstant = branch.kind === 'node' && branch.type === 'st';
      const head = this.add(branch, inside);
      return [fork.need === null || isInstant ? head : this.leaf(PLAIN, { ...inside, next: head })];
    });
    return { heads: fork.direct ? [...heads, join] : heads, join };
  }

  private join(next: string, ...parts: readonly (string | false)[]): string {
    const id = this.ids.id('st_o');
    this.set(id, LAST_ERROR, ...parts);
    this.edge(id, next);
    return id;
  }

  /** Branches that cross: nodes that lead to any of those behind them. */
  private zone({ leaves, bits, condition }: Extract<Block, { kind: 'zone' }>, place: Place): string {
    const join = this.join(place.next);
    const id = this.ids.id('st_o');
    this.set(id);
    const behind = leaves.map((_, i) => leaves.flatMap((_, j) => (j > i && bits[i * leaves.length + j] ? [j] : [])));
    const ids: string[] = [];
    for (const i of [...leaves.keys()].reverse()) {
      const known = (behind[i] ?? []).map(j => ids[j] ?? join);
      const targets = known.length === 0 ? [join] : known;
      const [first = join, second] = targets;
      const isChoice = second !== undefined && bits[(i * 7) % bits.length];
      ids[i] = this.leaf(leaves[i] as Leaf, { ...place, next: join }, isChoice ? [] : targets);
      if (!isChoice) continue;
      this.edge(ids[i] as string, first, CONDITIONS[condition]);
      this.edge(ids[i] as string, second);
      behind[i] = (behind[i] ?? []).slice(0, 2);
    }
    const heads = ids.filter((_, i) => !behind.some(targets => targets.includes(i)));
    this.edge(id, `[${heads.join(', ')}]`);
    return id;
  }

  /** A node by itself; `targets` in place of what it goes on to, or none where its edges are added elsewhere. */
  private leaf(leaf: Leaf, place: Place, targets: readonly string[] = [place.next]): string {
    const id = this.ids.id(`${leaf.type}_${leaf.mode}`);
    const to = targets.length > 1 ? `[${targets.join(', ')}]` : targets[0];
    if (leaf.type === 'st') this.set(id);
    else
      this.node(
        id,
        ...this.parts(leaf, id, '', place),
        ...this.output(leaf),
        ...(isBody(leaf) ? this.keys(leaf.keys, place) : []),
      );
    if (to !== undefined) this.edge(id, to, leaf.special && leaf.type === 'fn' ? 'output.n != 0' : undefined);
    return id;
  }

  /** What a node is, but for where its result goes. `item` is what stands behind its id in an item of a map. */
  private parts({ type, special }: Leaf, id: string, item: string, { races }: Place): string[] {
    const text = `"{{ at }}${id}${item.replace(/\[(\w+)\]/g, '[{{ $1 }}]')}"`;
    const name = `name: "at + '${id}'${item.replace(/\[(\w+)\]/g, " + '[' + string(int($1)) + ']'")}"`;
    switch (type) {
      case 'st':
      case 'in':
        if (!special) return ['type: interrupt', 'message: "n is {{ n }}"'];
        return [
          'type: interrupt',
          'message: Yes?',
          'schema: boolean',
          `expires: { after: ${EXPIRIES + this.ids.ms()}ms, value: false }`,
        ];
      case 'wf':
        return ['type: wait', `for: ${this.ids.ms()}ms`];
      case 'wu':
        return ['type: wait', `until: "${NOW + this.ids.ms()}"`];
      case 'we':
        return ['type: wait', `event: ${special && !races ? 'shared' : id}`];
      case 'fn':
        return ['type: function', 'function: body', `input: { ${name} }`];
      case 'lm':
        return ['type: llm', `prompt: ${text}`];
      case 'tl':
        return ['type: tool', 'tool: call', `args: { ${name} }`];
      case 'ht':
        return ['type: http', 'url: "https://bodies.test/"', `query: { name: ${text} }`];
      case 'ma':
      case 'mc':
        return ['type: machine', `machine: ${type === 'ma' ? 'logic' : 'machine'}`, `input: { ${name} }`];
    }
  }

  private output({ type, special }: Leaf): string[] {
    if (type === 'in') return special ? [`output: { seen: "output ? 'yes' : 'no'" }`] : [];
    if (type === 'we') return ['output: { n: output.n }'];
    if (type === 'lm' || type === 'tl') return ['output: seen'];
    return type === 'ht' || type === 'mc' ? ['output: { seen: "string(output)" }'] : [];
  }

  /** The keys of one attempt and of all; those of an item have no `onError`. */
  private timing({ retry, timeout, deadline, before, after }: Keys): string[] {
    const on = retry?.on ? `, on: ${retry.on}` : '';
    const delay = `delay: ${this.ids.ms()}ms, factor: 1, maxDelay: 1d`;
    return [
      ...(retry ? [`retry: { attempts: ${retry.attempts}, ${delay}${on} }`] : []),
      ...(timeout ? [`timeout: ${this.ids.ms()}ms`] : []),
      ...(deadline ? [`deadline: ${this.ids.ms()}ms`] : []),
      ...(before ? ['interruptBefore: true'] : []),
      ...(after ? ['interruptAfter: true'] : []),
    ];
  }

  private keys(keys: Keys, place: Place): string[] {
    return [...this.timing(keys), ...this.onError(keys.onError, place)];
  }

  private onError(onError: Keys['onError'], { next }: Place): string[] {
    if (onError === null) return [];
    this.handles = true;
    if (onError !== 'node') return [`onError: ${onError}`];
    const id = this.ids.id('st_o');
    this.set(id, LAST_ERROR);
    this.edge(id, next);
    return [`onError: ${id}`];
  }

  private map(map: MapBlock, place: Place): string {
    const { body, nested, concurrency, minSuccess, deadline } = map;
    const kind = body.kind === 'graph' ? 'gr' : body.type;
    const id = this.ids.id(`${kind}m_${body.kind === 'graph' ? 'o' : body.mode}`);
    const over = `over: [${Array.from({ length: map.items }, (_, i) => i).join(', ')}]`;
    const node = (leaf: Leaf, item: string): string => {
      const keys = isBody(leaf) ? this.timing(leaf.keys) : [];
      return `node: { ${[...this.parts(leaf, id, item, place), ...keys].join(', ')} }`;
    };
    const inner = nested && body.kind === 'node' ? 'node: { type: map, over: [0, 1], ' : '';
    const item =
      body.kind === 'node'
        ? node(body, inner ? '[row][index]' : '[index]')
        : `graph: ${this.file(body.body)}, input: { at: "at + '${id}[' + string(int(index)) + ']/'", n: n }`;
    this.node(
      id,
      'type: map',
      over,
      `concurrency: ${concurrency}`,
      inner ? `as: row, ${inner}${item} }` : item,
      minSuccess !== null && `minSuccess: ${minSuccess}`,
      deadline && `deadline: ${this.ids.ms()}ms`,
      !inner && 'collect: got',
      `output: { seen: "output.failures.map(f, string(int(f.index)) + f.error.code)" }`,
      ...this.onError(map.onError, place),
    );
    this.edge(id, place.next);
    return id;
  }
}

const isBody = ({ type }: Leaf): boolean => !['st', 'in', 'wf', 'wu', 'we'].includes(type);

/** Writes a block as a YAML graph, with the files that it names. */
export function toFiles(block: Block): { text: string; files: string; read: (file: string) => string | undefined } {
  const ids = new Ids();
  const text = new GraphFile(ids).text(block);
  const files = [...ids.files].map(([name, inner]) => `# ${name}\n${inner}`).join('');
  return { text, files, read: file => ids.files.get(file) };
}
