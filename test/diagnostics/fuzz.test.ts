/**
 * Random edits of graphs give findings or a graph: never a throw, never a second, never a changed prototype.
 *
 * `FUZZ_FILES=20000` makes more of them, 500 to a seed; `FUZZ_SEED=n` begins with another seed.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { compileGraph, formatDiagnostic } from '../../src/index.ts';
import { cpuTime } from '../helpers.ts';
import { fixtures } from './fixtures.ts';
import { mutate, random, SECRET } from './mutate.ts';

const PER_SEED = 500;
const firstSeed = Number(process.env.FUZZ_SEED ?? 41);
const files = Number(process.env.FUZZ_FILES ?? 2_000);
const seeds = Array.from({ length: Math.ceil(files / PER_SEED) }, (_, i) => firstSeed + i);

const graphs = path.resolve(import.meta.dirname, '../../graphs');
const shipped = readdirSync(graphs)
  .filter(name => name.endsWith('.yaml') && !name.includes('.script.'))
  .map(name => readFileSync(path.join(graphs, name), 'utf8'));

const rich = `name: rich
model: scripted
limits: { maxVisits: 9 }
state:
  question: string
  score: { type: number, default: 0 }
  mood: { enum: [good, bad], default: good }
  drafts: { type: array, items: string, merge: append }
  person: { name: string, age: integer }
  seen: boolean?
  messages: messages
nodes:
  ask:
    type: llm
    prompt: { system: "You {{ mood }}.", user: "{{ question }} {% for d in drafts %}{{ d }}{% endfor %}" }
    schema: { mood: { enum: [good, bad] }, score: number }
    output: { mood: output.mood, score: output.score }
    retry: { attempts: 3, delay: 1s, on: [RateLimitError] }
    timeout: 10s
    onError: fix
  draft: { type: llm, prompt: p.yaml, output: drafts }
  rate: { type: function, function: "./f.ts#rate", input: { x: score + 1, y: "person.name" }, output: { score: output } }
  fix: { type: set, set: { score: size(drafts) * 2, seen: true, mood: "'bad'" }, maxVisits: 3, onLimit: review }
  review: { type: interrupt, message: "Send {{ drafts | last }}?", schema: { ok: boolean }, output: { seen: output.ok } }
  pick: { type: router, prompt: "{{ mood }}?", routes: { again: ask, stop: pause }, default: stop, maxVisits: 4 }
  pause: { type: wait, event: go, schema: { n: number }, output: { score: output.n }, expires: { after: 1h, value: { n: 1 } } }
  child: { type: graph, graph: child.yaml, input: { q: question }, output: { mood: output.mood } }
edges:
  - START -> ask
  - { from: ask, to: [draft, rate], when: score >= 0.5 && mood != "bad" }
  - ask -> fix -> ask
  - "[draft, rate] -> review"
  - { from: review, to: pick, when: output.ok }
  - pause -> child -> END
  - review -> fix
output: [score, drafts]
`;
const prompt = 'system: You answer.\nuser: |\n  Hello {{ person.name }},\n  {{ question }}\nschema: string\n';

const child = `state: { q: string, mood: { enum: [good, bad], default: good } }
nodes: { look: { type: set, set: { mood: "size(q) > 3 ? 'good' : 'bad'" } } }
edges: [START -> look -> END]
output: mood
`;

/** Conditions, joins and comments: what the checks of warnings look into. */
const checked = `# statewright-ignore unused-key a key for later
state:
  kind: { enum: [a, b, c], default: a }
  n: { type: integer, minimum: 0, maximum: 9, default: 0 }
  ok: boolean?
  spare: { type: number, default: 0 }
  seen: { type: list<string>, merge: append }
nodes:
  sort: { type: set, set: { n: n + 1 }, maxVisits: 5, onLimit: meet }
  left: { type: set, set: { seen: "'left'" }, route: all }
  right: { type: wait, for: 1s }
  meet: { type: set, set: { ok: 'n > 3 ? true : ok == null' }, join: any }
edges:
  - START -> sort
  - { from: sort, to: [left, right], when: 'kind == "a" && n < 5' }
  - { from: sort, to: meet, when: 'kind in ["b", "c"] || n >= 5' }
  # statewright-ignore dead-condition to be
  - from: left
    to: meet
    when: n > 3 && n < 4 && size(seen) > 0
  - { from: left, to: meet, when: "!(n > 3) || ok == true" }
  - left -> meet # statewright-ignore shadowed-edge perhaps
  - right -> meet -> END
`;

const bases = [rich, rich, rich, checked, checked, ...shipped, ...[...fixtures.values()].flatMap(f => f.text ?? [])];

it('S42 the bases of the fuzz are valid graphs', () => {
  for (const text of [rich, checked]) {
    const result = compileGraph(text, { read: reads(prompt, child) });
    expect(result.ok ? [] : result.diagnostics).toEqual([]);
  }
});

function reads(promptText: string, childText: string): (file: string) => string | undefined {
  return file => ({ 'p.yaml': promptText, 'child.yaml': childText })[file];
}

/** What every value inherits, one entry for each member: no graph may add one or change one. */
function inherited(): unknown[] {
  const protos: object[] = [Object.prototype, Array.prototype, String.prototype, Function.prototype];
  return protos.flatMap(proto =>
    Reflect.ownKeys(proto).flatMap(key => {
      const { value, get, set } = Reflect.getOwnPropertyDescriptor(proto, key) ?? {};
      return [key, value, get, set];
    }),
  );
}

const atFirst = inherited();

const TAIL = SECRET.slice(-10);
const INTACT = new RegExp(`(?<![\\w-])${SECRET}`, 'g');

function checkCase(text: string, promptText: string, childText: string): void {
  const begin = cpuTime();
  const result = compileGraph(text, { read: reads(promptText, childText) });
  const diagnostics = result.ok ? result.warnings : result.diagnostics;
  if (!result.ok) expect(diagnostics.some(d => d.severity === 'error')).toBe(true);
  // A type that was accepted can be checked against, whatever it is given.
  if (result.ok) for (const { type } of result.value.plan.graph.state) for (const v of [1, 'x', [], {}]) type.check(v);
  // An edit may have cut a secret in two, or made it the end of a word.
  const whole = ![text, promptText, childText].some(t => t.replace(INTACT, '').includes(TAIL));
  for (const d of diagnostics) {
    const length = result.sources.get(d.span.file)?.length ?? -1;
    expect(d.span.start).toBeGreaterThanOrEqual(0);
    expect(d.span.start).toBeLessThanOrEqual(length);
    expect(d.span.end).toBeGreaterThan(d.span.start);
    const printed = formatDiagnostic(d, file => result.sources.get(file));
    if (whole) expect(printed + JSON.stringify(d)).not.toContain(TAIL);
    expect(printed).not.toMatch(
      /Invalid input|Unrecognized|Too (small|big)|no such overload|undefined\b|\[object|native code/,
    );
  }
  expect(cpuTime() - begin).toBeLessThan(1_000);
  expect(inherited().every((part, i) => part === atFirst[i])).toBe(true);
  expect(inherited()).toHaveLength(atFirst.length);
}

it.each(seeds)(
  `S42 ${PER_SEED} random edits of graphs are refused or compiled (seed %i)`,
  { timeout: 60_000 },
  seed => {
    const next = random(seed);
    for (let n = 0; n < PER_SEED; n++) {
      const text = mutate(bases[Math.floor(next() * bases.length)] ?? rich, next);
      const promptText = next() < 0.2 ? mutate(prompt, next) : prompt;
      const childText = next() < 0.2 ? mutate(child, next) : child;
      try {
        checkCase(text, promptText, childText);
      } catch (cause) {
        const shown = `${text}\n--- p.yaml\n${promptText}\n--- child.yaml\n${childText}`;
        throw new Error(`FUZZ_SEED=${seed}, case ${n}:\n${shown}`, { cause });
      }
    }
  },
);
