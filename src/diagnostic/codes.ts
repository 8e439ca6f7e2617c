/** How bad a diagnostic is: an `error` refuses the graph, a `warning` does not. */
export type Severity = 'error' | 'warning';

/**
 * Every diagnostic code with its severity, what it means and how to get rid of it.
 *
 * The set is closed: each code has a section in `docs/errors.md` and a failing fixture in `test/fixtures/errors`,
 * and a test checks that the three agree.
 */
export const codes = {
  'yaml-syntax': [
    'error',
    'The file is not valid YAML: a tab, a key that stands twice, an unclosed quote or bracket, a tag.',
    'Indent with spaces; quote texts that hold `: `, `#` or begin with a special character.',
  ],
  'file-too-large': [
    'error',
    'The file is larger than 1 MB, or has more than 200,000 YAML tokens.',
    'Keep data in files of its own, read by a function node; split the graph.',
  ],
  'file-binary': ['error', 'The file is not text in UTF-8.', 'Name the right file, or save it as UTF-8.'],
  'too-deep': [
    'error',
    'Lists and maps are nested more than 64 levels deep.',
    'Move the inner part into a function, a prompt file or a graph of its own.',
  ],
  'bad-alias': [
    'error',
    'A YAML alias refers to no anchor or to itself, or unfolds to more than 100,000 values.',
    'Put the anchor before the alias, or write the value out; quote a text that begins with `*`.',
  ],
  'bad-name': [
    'error',
    'A node, state key or other name has a form that is not allowed.',
    'Node ids match `[A-Za-z][A-Za-z0-9_-]*`, state keys `[A-Za-z_][A-Za-z0-9_]*`. Quote text that begins with `{{`.',
  ],
  'reserved-name': [
    'error',
    'A state key or node has a name that expressions, the language or JavaScript keep for themselves.',
    'Choose another name.',
  ],
  'unknown-key': [
    'error',
    'A key that the language does not have at this place.',
    'Correct its spelling, or move it where it belongs; the hint names what is near.',
  ],
  'missing-key': ['error', 'A key that must be there is not.', 'Add it.'],
  'wrong-value': ['error', 'A value has a type or form that does not fit.', 'Give it the form that the message names.'],
  'unknown-type': [
    'error',
    'A state type, schema or node type that does not exist.',
    'Use one that the hint lists; a schema may also be any JSON Schema.',
  ],
  'bad-default': [
    'error',
    'The default of a state key does not fit its type.',
    'Change the default or the type. Without a default the input must give the value.',
  ],
  'bad-merge': [
    'error',
    'A merge rule does not fit the type of its state key, or does not exist.',
    'Use a rule that the hint lists, or a reducer such as `./reducers.ts#best`.',
  ],
  'edge-syntax': [
    'error',
    'An edge text is not of the form `a -> b -> [c, d]`.',
    'Write it so, in quotes where it begins with `[`, or as `{ from: a, to: b, when: … }`.',
  ],
  'unknown-node': ['error', 'An edge or key names a node that does not exist.', 'Correct the name, or add the node.'],
  'edge-end': ['error', 'An edge leaves END or goes to START.', 'Name the node that is meant; END only ends a path.'],
  'duplicate-edge': ['error', 'The same edge stands twice.', 'Remove one of them.'],
  'two-defaults': [
    'error',
    'A node has edges with `when` and two or more without.',
    'Keep one default. To fork by default, let it go to a `set` node that forks.',
  ],
  'missing-default': [
    'warning',
    'All edges of a node have a `when`, and there may be values for which none is true; then the run fails. Where the conditions can be followed, such values are named, and conditions that leave none over are no finding.',
    'Add an edge without `when`, or a condition for what is left over.',
  ],
  'dead-condition': [
    'warning',
    'A `when` is never true, or compares with a value that its name never has.',
    'Correct the condition, or remove the edge.',
  ],
  'shadowed-edge': [
    'warning',
    'An edge is never taken: for all values that lead to it, an edge before it is taken. A default is the last.',
    'Put the narrower condition first, or remove the edge.',
  ],
  'no-start': ['error', 'No edge leaves START.', 'Add `START -> ` and the first node.'],
  unreachable: [
    'error',
    'No path from START reaches a node.',
    'Add the edge that is missing, or remove the node. Nodes that only it leads to are named with it.',
  ],
  'no-way-out': ['error', 'No edge leaves a node.', 'Add an edge to the next node or to END.'],
  'endless-cycle': [
    'error',
    'A cycle that no edge leaves: END cannot be reached.',
    'Add an edge with a condition that leads out, or an `onLimit` target.',
  ],
  'unbounded-cycle': [
    'warning',
    'A cycle without a `maxVisits`: the default of 100 visits a node holds.',
    'Say how often is enough, and where to go then: `maxVisits` and `onLimit` on a node of the cycle.',
  ],
  'fork-leave': [
    'error',
    'An edge leaves the middle of a fork, or enters it from outside.',
    'Lead the branch to the join and put the edge behind it.',
  ],
  'fork-shape': [
    'error',
    'The branches of a fork cross, and have a cycle among them or more than 50 nodes; or forks are nested too deep.',
    'Let the branches meet in one node, or put the cycle into a graph of its own.',
  ],
  'write-conflict': [
    'error',
    'Two parallel branches write one state key whose merge rule is `replace`.',
    'Give the key a merge rule, or write it in one branch only.',
  ],
  'read-before-write': [
    'warning',
    'An expression fails for want of a value: every run comes to it before any node can have written the key that it reads, the key begins as null, and null is what it cannot take. A node writes the key later. Texts, in which null is nothing, and expressions that ask for null first are no finding; nor are keys that no node writes, which are inputs.',
    'Give the key a default, leave out its `?` so that the input must give it, or write it before.',
  ],
  'unused-key': [
    'warning',
    'A state key that nothing uses; or one that is written, but neither read nor in `output`. A function without `input` is given the whole state and so uses every key, and without `output` all that is written is a result.',
    'Remove the key, or use it.',
  ],
  'no-effect': [
    'warning',
    'A key changes nothing where it stands: `join` where no branches meet, where branches cross, or with the number of all that meet; `route: all` without conditions; `onLimit` outside a cycle.',
    'Remove the key, or change the edges so that it means something.',
  ],
  'join-at-once': [
    'warning',
    'A `join: any` to which an edge leads straight from the fork: it goes on at once, and every branch that takes any time is cancelled.',
    'Remove the edge that leads straight to the join, or wait for more with a number.',
  ],
  'expression-syntax': [
    'error',
    'An expression is not valid CEL.',
    'Compare with `==`, join with `&&` and `||`; plain text is quoted twice: `"\'text\'"`.',
  ],
  'expression-name': [
    'error',
    'An expression uses a name, field or function that does not exist.',
    'Use a state key, `visits` or `thread`, and `output` where a node has one. Text is quoted.',
  ],
  'expression-type': [
    'error',
    'An expression does not fit the types it is used with.',
    'Compare like with like; convert with `string()`, `double()` or `int()`; change the type of the state key.',
  ],
  'text-syntax': [
    'error',
    'A text is not a valid Liquid template.',
    'Close tags, and use filters that exist; a text cannot include other files.',
  ],
  'text-name': [
    'error',
    'A text uses a name or field that is not in scope.',
    'Use a state key by its bare name, `visits` or `thread`.',
  ],
  'unknown-state-key': [
    'error',
    'An output or assignment names a state key that is not declared.',
    'Correct the name, or declare the key in `state`.',
  ],
  'unknown-tool': [
    'error',
    'A node names a tool that the graph does not declare.',
    'Correct the name, or declare the tool under `tools`.',
  ],
  'unused-tool': ['warning', 'No node uses a tool.', 'Use it in a node, or remove it.'],
  'graph-recursion': [
    'error',
    'A graph contains itself, by way of others or directly.',
    'Loop with an edge, or start a thread from a function.',
  ],
  secret: [
    'warning',
    'What looks like a key, token or password stands in a graph or prompt file: a known form such as `sk-…`, `ghp_…` or `AKIA…`, a private key, a bearer token, a password in an address. No finding shows it: stars stand in its place.',
    'Name an environment variable where it is needed, and revoke the one that stood in the file.',
  ],
  'missing-file': [
    'error',
    'A file that the graph names cannot be read.',
    'Correct the path; it is relative to the graph.',
  ],
  'outside-root': [
    'error',
    'A file reference is absolute or leaves the project folder.',
    'Keep files below the folder of the graph, or below the nearest `package.json` above it.',
  ],
  'missing-function': [
    'error',
    'A function, reducer or export that the graph names does not exist or cannot be imported.',
    'Export it, or correct the name behind `#`.',
  ],
  'missing-model': [
    'error',
    'An llm node has no model and the graph sets none.',
    'Set `model` on the node or at the top of the graph, or the environment variable `STATEWRIGHT_MODEL`.',
  ],
  'unknown-model': [
    'error',
    'A model is named that is neither under `models`, nor `provider/model`, nor `scripted`.',
    'Correct the name, or declare it under `models`.',
  ],
  'bad-ignore': [
    'warning',
    'A comment that is to silence a warning does not: it gives no reason, or names no code, an unknown one, two, or that of an error.',
    'Write `# statewright-ignore CODE reason`.',
  ],
  'unused-ignore': [
    'warning',
    'A comment silences a warning that is not there. It is for its own line where something stands before it, else for the next line and what is indented below it; before the first key it is for the whole file.',
    'Remove the comment, or put it where the finding is.',
  ],
} as const satisfies Record<string, readonly [severity: Severity, meaning: string, fix: string]>;

/** A diagnostic code, stable across releases. */
export type Code = keyof typeof codes;
