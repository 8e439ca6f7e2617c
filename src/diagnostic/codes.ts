/** How bad a diagnostic is: an `error` refuses the graph, a `warning` does not. */
export type Severity = 'error' | 'warning';

/**
 * Every diagnostic code with its severity and what it means, one line each.
 *
 * The set is closed: each code has a row in `docs/errors.md` and a failing fixture in `test/fixtures/errors`,
 * and a test checks that the three agree.
 */
export const codes = {
  'yaml-syntax': ['error', 'The file is not valid YAML: a tab, a duplicate key, an unclosed quote.'],
  'file-too-large': ['error', 'The file is larger than 1 MB.'],
  'file-binary': ['error', 'The file is not text.'],
  'too-deep': ['error', 'The YAML is nested more than 64 levels deep.'],
  'bad-alias': ['error', 'An alias refers to nothing, or the aliases of the file unfold to too much.'],
  'bad-name': ['error', 'A node, state key or other name has a form that is not allowed.'],
  'reserved-name': ['error', 'A state key or node has a name that the language keeps for itself.'],
  'unknown-key': ['error', 'A key that the language does not have.'],
  'missing-key': ['error', 'A key that must be there is not.'],
  'wrong-value': ['error', 'A value has a type or form that does not fit.'],
  'unknown-type': ['error', 'A state type, schema or node type that does not exist.'],
  'bad-default': ['error', 'The default of a state key does not fit its type.'],
  'bad-merge': ['error', 'A merge rule does not fit the type of its state key, or is not known.'],
  'edge-syntax': ['error', 'An edge text is not of the form `a -> b -> [c, d]`.'],
  'unknown-node': ['error', 'An edge or key names a node that does not exist.'],
  'edge-end': ['error', 'An edge leaves END or goes to START.'],
  'duplicate-edge': ['error', 'The same edge stands twice.'],
  'two-defaults': ['error', 'A node has `when` edges and two or more edges without one.'],
  'missing-default': ['warning', 'All edges of a node have a `when` and none is the default.'],
  'no-start': ['error', 'No edge leaves START.'],
  unreachable: ['error', 'No path from START reaches a node.'],
  'no-way-out': ['error', 'No edge leaves a node.'],
  'endless-cycle': ['error', 'A cycle that no edge leaves: END cannot be reached.'],
  'unbounded-cycle': ['warning', 'A cycle without a `maxVisits`: the default of 100 visits holds.'],
  'fork-leave': ['error', 'An edge leaves the middle of a fork, or enters it from outside.'],
  'fork-shape': ['error', 'The branches of a fork cross in a way that has no single join.'],
  'write-conflict': ['error', 'Two parallel branches write one state key whose merge rule is `replace`.'],
  'expression-syntax': ['error', 'An expression is not valid CEL.'],
  'expression-name': ['error', 'An expression uses a name or field that does not exist.'],
  'expression-type': ['error', 'An expression does not fit the types it is used with.'],
  'text-syntax': ['error', 'A text is not a valid Liquid template.'],
  'text-name': ['error', 'A text uses a name that is not in scope.'],
  'unknown-state-key': ['error', 'An output names a state key that is not declared.'],
  'missing-file': ['error', 'A file that the graph names cannot be read.'],
  'outside-root': ['error', 'A file reference is absolute or leaves the project folder.'],
  'missing-function': ['error', 'A function, reducer or export that the graph names does not exist.'],
  'missing-model': ['error', 'An llm node has no model and the graph sets none.'],
} as const satisfies Record<string, readonly [Severity, string]>;

/** A diagnostic code, stable across releases. */
export type Code = keyof typeof codes;
