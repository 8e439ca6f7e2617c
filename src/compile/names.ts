/** Names a graph gives to nodes. Dots, digits in front and `$` mean something to the statechart. */
export const NODE_NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;

/** Names of state keys: they stand bare in expressions and texts, so they are identifiers. */
export const STATE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Names in scope of every expression and text beside the state keys. */
export const SCOPE_NAMES = ['output', 'error', 'item', 'index', 'visits', 'thread'] as const;

/** Words that the expression language keeps for itself, or that mean something to JavaScript objects. */
const EXPRESSION_WORDS: readonly string[] = (
  'as break cel const continue else false for function google has if import in let list loop map namespace null ' +
  'null_type optional package return true type uint var void while string int double bool bytes dyn size ' +
  'constructor prototype toString valueOf hasOwnProperty'
).split(' ');

/** Whether expressions can use a name. */
export const isExpressionName = (name: string): boolean => STATE_NAME.test(name) && !EXPRESSION_WORDS.includes(name);

export const RESERVED_STATE_NAMES: ReadonlySet<string> = new Set([...SCOPE_NAMES, ...EXPRESSION_WORDS]);

/** Names no node may have: the two ends, and what every JavaScript object inherits. */
export const RESERVED_NODE_NAMES: ReadonlySet<string> = new Set([
  'START',
  'END',
  ...Object.getOwnPropertyNames(Object.prototype),
]);

/** The id under which a node waits before or after its body. */
export const pauseId = (node: string, side: 'before' | 'after'): string => `${node}:${side}`;

/** The node that an id of something waiting belongs to. */
export const waitingNode = (id: string): string => id.replace(/:(before|after)$/, '');

export const START = 'START';
export const END = 'END';
