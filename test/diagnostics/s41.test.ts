/** S41: what is wrong in a graph is refused with a code, a position and a hint. The culprit stands in «marks». */
import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { compileGraph, failuresOf } from '../../src/index.ts';
import { expectMarked, printed } from './check.ts';

/** A graph of one node `a` with this state, its keys, and edges beside `START -> a`. */
const graph = (parts: { state?: string; a?: string; edges?: readonly string[] }): string =>
  [
    `state: { ${parts.state ?? 'score: { type: number, default: 0 }'} }`,
    'nodes:',
    `  a: { ${parts.a ?? 'type: set, set: {}'} }`,
    'edges:',
    '  - START -> a',
    ...(parts.edges ?? ['a -> END']).map(edge => `  - ${edge}`),
    '',
  ].join('\n');

/** A graph with a second way out of `a`, under a condition. */
const when = (condition: string): string => graph({ edges: ['a -> END', `{ from: a, to: END, when: ${condition} }`] });

describe('S41 an unknown node', () => {
  it.for([
    ['in a chain', ['a -> «aa» -> END']],
    ['in a list of a chain', ['a -> [END, «bcd»]']],
    ['in a chain in quotes', ['"[a, «bcd»] -> END"']],
    ['in a chain without spaces', ['a->«bcd»->END']],
    ['in `from`, `to` and lists, all at once', ['{ from: «b», to: «cde» }', '{ from: [a, «def»], to: [«efg», END] }']],
  ] as const)('S41 %s', ([, edges]) => {
    expectMarked('unknown-node', graph({ edges }));
  });
  it('S41 in `onLimit`', () => {
    expectMarked('unknown-node', graph({ a: 'type: set, set: {}, onLimit: «bcd»' }));
  });
  it('S41 is proposed when it is nearly right, else the nodes are listed', () => {
    expect(printed(graph({ edges: ['a -> end'] }))).toContain('hint: did you mean "END"?');
    expect(printed(graph({ edges: ['a -> other'] }))).toContain('hint: nodes: a, START, END');
  });
});

describe('S41 an unknown key', () => {
  it('S41 of the graph', () => {
    expectMarked('unknown-key', `«nmae»: x\n${graph({})}`);
    expect(printed(`nmae: x\n${graph({})}`)).toContain('unknown key "nmae" in the graph');
    expect(printed(`nmae: x\n${graph({})}`)).toContain('hint: did you mean "name"?');
  });
  it('S41 of a node, reported once though the right key is then missing', () => {
    expectMarked('unknown-key', graph({ a: 'type: set, «sett»: {}' }));
    expectMarked('unknown-key', graph({ a: '«typ»: set, set: {}' }));
    expect(printed(graph({ a: 'type: set, sett: {}' }))).toContain('did you mean "set"?');
  });
  it('S41 of a node, where nodes of another type have it', () => {
    expect(printed(graph({ a: 'type: set, set: {}, message: hi' }))).toContain(
      'hint: "message" belongs to nodes of type interrupt',
    );
  });
  it.for([
    ['an edge', graph({ edges: ['{ from: a, to: END, «wen»: score > 1 }'] })],
    ['a prompt', graph({ a: 'type: llm, model: scripted, prompt: { «usr»: hi }' })],
    ['a type', graph({ state: 's: { type: string, «defualt»: x }' })],
    ['a list type', graph({ state: 's: { type: array, items: string, «merg»: append }' })],
    ['the limits', `limits: { «maxVisit»: 3 }\n${graph({})}`],
  ] as const)('S41 of %s', ([, text]) => {
    expectMarked('unknown-key', text);
    expect(printed(text)).toContain('hint: did you mean "');
  });
  it('S41 of a prompt file', () => {
    const text = graph({ a: 'type: llm, model: scripted, prompt: ask.yaml' });
    expectMarked('unknown-key', text, { 'ask.yaml': 'user: hi\n«sytem»: you\n' });
    expect(printed(text, { 'ask.yaml': 'sytem: you\n' })).toContain(
      'unknown key "sytem" in the prompt file "ask.yaml"',
    );
  });
});

describe('S41 an unknown state key in an expression', () => {
  it.for([
    ['a condition', when('score > 1 && «scroe» < 1')],
    ['a condition in quotes', when('"score > 1 && «scroe» < 1"')],
    ['a condition over two lines', when('"score > 1\n      && «scroe» < 2"')],
    ['`input`', graph({ a: 'type: function, function: f, input: { x: «scor» }' })],
    ['`set`', graph({ a: 'type: set, set: { score: «scor» + 1 }' })],
    [
      'a field of an object',
      graph({ state: 'p: { name: string }, n: number', a: 'type: set, set: { n: size(p.«nmae») }' }),
    ],
    ['the visits of a node', when('visits.«b» > 1')],
    [
      'the output of a node',
      graph({ a: 'type: llm, model: scripted, prompt: hi, schema: { x: number }, output: { score: output.«y» }' }),
    ],
  ] as const)('S41 in %s', ([, text]) => {
    expectMarked('expression-name', text);
  });
  it('S41 is proposed when it is nearly right, else the names are listed', () => {
    expect(printed(when('scroe < 1'))).toContain('hint: did you mean "score"?');
    expect(printed(when('other < 1'))).toContain('hint: names in scope: score, visits, thread');
  });
  it('S41 as text without quotes, or as other engines have it', () => {
    expect(printed(graph({ a: 'type: set, set: { score: high }' }))).toContain(`write "'high'"`);
    expect(printed(when('score == high'))).toContain('text is quoted: "high"');
    expect(printed(when('state.score > 1'))).toContain('state keys stand alone: "score"');
  });
});

describe('S41 an unknown state key in a text', () => {
  const ask = (message: string): string => graph({ a: `type: interrupt, message: ${message}` });
  it.for([
    ['in double quotes, with escapes before it', ask('"Is\\n\\u00e9 \\"{{ «scor» }}\\""')],
    ['in single quotes', ask("'It''s {{ «scor» }}'")],
    ['in a tag', ask('"{% if «scor» > 1 %}a{% endif %}"')],
    ['in a filter', ask('"{{ score | plus: «scor» }}"')],
    ['in a field', graph({ state: 'p: { name: string }', a: 'type: interrupt, message: "{{ p.«nmae» }}"' })],
  ] as const)('S41 %s', ([, text]) => {
    expectMarked('text-name', text);
  });
  it.for(['|', '|-', '>', '>+ # a comment', '>-', '|2', 'Dear', '"Dear'])('S41 over several lines: %s', style => {
    const lines = ['    message: STYLE', '      One', '', '      two {{ «scor» }}', '        three'];
    const text = [
      'nodes:',
      '  a:',
      '    type: interrupt',
      ...lines,
      style.startsWith('"') ? '      "' : '',
      'edges:',
      '  - START -> a -> END',
      '',
    ].join('\n');
    expectMarked('text-name', text.replace('STYLE', style));
  });
  it.for([
    ['p.yaml', 'system: You answer.\nuser: |\n  Hello\n  {{ «scor» }}\n'],
    ['p.yaml', 'user: |\r\n  Hello\r\n\r\n  {{ «scor» }}\r\n'],
    ['p.yaml', '\ufeffuser: "{{ «scor» }}"\n'],
    ['p.md', '# Ask\n\n{{ score }} {{ «scor» }}\n'],
    ['p.txt', '🙂 é {{ «scor» }}\r\n'],
  ] as const)('S41 in a prompt file: %s', ([file, text]) => {
    expectMarked('text-name', graph({ a: `type: llm, model: scripted, prompt: ${file}` }), { [file]: text });
  });
  it('S41 as other engines have it', () => {
    expect(printed(ask('"{{ state.score }}"'))).toContain('state keys stand alone: {{ score }}');
  });
});

describe('S41 an unknown state key in an output', () => {
  const llm = 'type: llm, model: scripted, prompt: hi, output:';
  it.for([
    ['as the name of a key', graph({ a: `${llm} «scor»` })],
    ['as a key of a map', graph({ a: `${llm} { «scor»: output }` })],
    ['of the graph', `output: [score, «scor»]\n${graph({})}`],
    ['of the graph, alone', `output: «scor»\n${graph({})}`],
    ['in `set`', graph({ a: 'type: set, set: { «scor»: 1 }' })],
  ] as const)('S41 %s', ([, text]) => {
    expectMarked('unknown-state-key', text);
    expect(printed(text)).toContain('hint: did you mean "score"?');
  });
});

describe('S41 a wrong type', () => {
  it.for([
    [`'«score > "1"»'`, 'a number cannot be compared with a string'],
    ["'1 > 0 && «score == null»'", 'a number is never null'],
    ['«score»', 'a condition must be true or false; this is a number'],
    ["'«!score»'", '"!" needs true or false, not a number'],
    [`'«score + "1"» == "x"'`, '"+" cannot be used between a number and a string'],
  ] as const)('S41 in a condition: %s', ([condition, message]) => {
    expectMarked('expression-type', when(condition));
    expect(printed(when(condition))).toContain(message);
  });
  it.for(['score == 1', 'score % 2 == 0', 'visits.a == 2', 'score in [1, 2]', '1 != score', 'score == size("a")'])(
    'S41 but whole numbers, which JSON does not tell from others, do compare: %s',
    condition => {
      expect(compileGraph(when(`"${condition.replaceAll('"', '\\"')}"`)).ok).toBe(true);
    },
  );
  it.for([
    [graph({ a: `type: set, set: { score: «"'high'"» }` }), 'a string cannot be written to "score", which is number'],
    [graph({ a: 'type: set, set: { score: «[1]» }' }), '"score" is number: expected number, got a list'],
    [
      graph({ state: 'm: { enum: [x, y], default: x }', a: `type: set, set: { m: «"'z'"» }` }),
      'expected one of "x", "y"',
    ],
    [
      graph({ state: 't: list<string>', a: 'type: set, set: { t: «"[1]"» }' }),
      'a list<number> cannot be written to "t"',
    ],
    [graph({ state: 't: string?', a: 'type: set, set: { t: «1 > 2» }' }), 'a boolean cannot be written to "t"'],
  ] as const)('S41 in what is written: %s', ([text, message]) => {
    expectMarked('expression-type', text);
    expect(printed(text)).toContain(message);
  });
});

describe('S41 a missing default', () => {
  const text = graph({ edges: ['{ from: «a, to: END», when: score > 0.5 }'] });
  it('S41 is a warning at the last edge', () => {
    expectMarked('missing-default', text);
    expect(compileGraph(text.replace(/[«»]/g, '')).ok).toBe(true);
  });
  it('S41 and a run in which no edge is true fails, saying so', async () => {
    const result = compileGraph(text.replace(/[«»]/g, ''));
    if (!result.ok) throw new Error('refused');
    const actor = createActor(result.value.machine, { input: {} }).start();
    await expect.poll(() => failuresOf(actor.getSnapshot())).toHaveLength(1);
    const [failure] = failuresOf(actor.getSnapshot());
    expect(failure?.error.code).toBe('no-edge');
    expect(failure?.error.message).toContain('"a"');
  });
});
