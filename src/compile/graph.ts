import type { Span } from '../diagnostic/diagnostic.ts';
import type { Expr, ExprType } from './expr.ts';
import type { MergeName } from './merge.ts';
import type { Fit, ModelSettings, ModelUse, PromptDef } from './model-call.ts';
import type { JsonSchema, ValueType } from './state-type.ts';
import type { Text } from './text.ts';
import type { CalledTool, FunctionUse, HttpRequest, McpTool, ToolDef } from './tool.ts';

/** A value given in the file: computed from the scope, or standing for itself. */
export type Value =
  | { readonly kind: 'expr'; readonly expr: Expr }
  | { readonly kind: 'literal'; readonly value: unknown };

/** A value as the file has it, for messages and drawings. */
export function sourceOf(value: Value): string {
  return value.kind === 'expr' ? value.expr.source : JSON.stringify(value.value);
}

/** One key of the state. */
export interface StateKey {
  readonly name: string;
  readonly type: ValueType;
  readonly merge:
    | MergeName
    /** The reducer as the file names it, and the name it is known by whichever graph names it. */
    | { readonly reducer: string; readonly key?: string; readonly span?: Span };
  /** True when the input must give it: it has no default, stated or implied. */
  readonly required: boolean;
  /** The value before anything is written; meaningless when `required`. */
  readonly initial: unknown;
  readonly description?: string;
  /** Where its name stands. */
  readonly span: Span;
}

/** What a node does with its result. */
export type Writes =
  | { readonly kind: 'none' }
  /** The result is itself a map from state key to value: what a function returns. */
  | { readonly kind: 'object' }
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'map'; readonly entries: readonly Assignment[] };

/** A value for a state key. */
export interface Assignment {
  readonly key: string;
  readonly value: Value;
}

/** What every node has but its kind and writes. */
export interface NodeShared {
  readonly id: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly maxVisits?: number;
  readonly onLimit?: string;
  readonly retry?: Retry;
  /** Milliseconds for one attempt, and for all of them. */
  readonly timeout?: number;
  readonly deadline?: number;
  /** Wait for a resume before the body runs, or after it. */
  readonly pauses?: readonly ('before' | 'after')[];
  /** What happens to an error: `fail` (the default), `continue`, or the id of a node, or END. */
  readonly onError?: string;
  /** Every edge whose condition is true is taken, instead of the first. */
  readonly routeAll?: true;
  /** How many of the branches that meet here are waited for. Absent: all. */
  readonly join?: 'any' | number;
  /** Results are used again for `ttl` milliseconds, where `key` (absent: the input) is the same. */
  readonly cache?: { readonly ttl?: number; readonly key?: Value };
  /** Bodies with the same key take turns. */
  readonly concurrencyKey?: Text;
  /** The state key of the messages that were said before. The body gives `{ output, messages }`: what is to be added. */
  readonly history?: string;
  readonly span: Span;
}

/** How an error is tried again. Times in milliseconds. */
export interface Retry {
  /** How often in all, the first time included. */
  readonly attempts: number;
  readonly delay: number;
  /** Each wait is this many times the one before. */
  readonly factor: number;
  readonly maxDelay: number;
  /** Takes a random share, up to this part of the wait, off it: 0 to 1. */
  readonly jitter: number;
  /** Names or codes of the errors that are tried again. Absent: all but those that say it is of no use. */
  readonly on?: readonly string[];
}

interface NodeBase extends NodeShared {
  readonly writes: Writes;
}

export interface FunctionNode extends NodeBase, FunctionUse {
  readonly kind: 'function';
  /** Absent: the whole state. */
  readonly input?: readonly { readonly name: string; readonly value: Value }[];
}

/** A node that runs a machine of the user's own. */
export interface MachineNode extends NodeBase {
  readonly kind: 'machine';
  /** `./file.ts#export` or a registered name, and where it stands. */
  readonly machine: string;
  readonly machineSpan: Span;
  /** Absent: the whole state. */
  readonly input?: readonly { readonly name: string; readonly value: Value }[];
}

/** A node that lets a model work with tools: a graph of its own, of model calls and tool calls. */
export interface AgentNode extends NodeBase, PromptDef {
  readonly kind: 'agent';
  readonly child: GraphDef;
  /** Asked by another agent: its prompt sees the arguments of the call. */
  readonly ofCall?: true;
  readonly schema?: ValueType;
}

/** In the graph of an agent: one call of its model. */
export interface TurnNode extends NodeBase, ModelSettings, ModelUse {
  readonly kind: 'turn';
  /** The agent, as scripts and messages call it. */
  readonly agent: string;
  readonly tools: readonly ToolDef[];
  readonly approve: ReadonlySet<string>;
  readonly client: ReadonlySet<string>;
  readonly schema?: ValueType;
  readonly maxTurns: number;
  readonly maxRepeats: number;
  /** What is sent of many messages. */
  readonly fit?: Fit;
  readonly budget: { readonly tokens?: number; readonly cost?: number };
}

/** In the graph of an agent: one call of a tool. */
export interface CallNode extends NodeBase {
  readonly kind: 'call';
  readonly tools: readonly (CalledTool | McpTool)[];
}

export interface SetNode extends NodeBase {
  readonly kind: 'set';
}

/** What every call of a language model has. */
interface ModelCall extends NodeBase, PromptDef, ModelSettings, ModelUse {}

export interface LlmNode extends ModelCall {
  readonly kind: 'llm';
  readonly schema?: ValueType;
  /** Absent: all messages are sent. */
  readonly fit?: Fit;
}

export interface RouterNode extends ModelCall {
  readonly kind: 'router';
  /** Label to node or END. */
  readonly routes: Readonly<Record<string, string>>;
  /** The label for an answer that is none. */
  readonly fallback?: string;
}

/** The answer that is taken when none has come after `after` milliseconds. */
export interface Expiry {
  readonly after: number;
  readonly value: unknown;
}

/** A node that waits for an answer or an event from outside. */
interface Asking extends NodeBase {
  readonly schema?: ValueType;
  readonly expires?: Expiry;
}

export interface InterruptNode extends Asking {
  readonly kind: 'interrupt';
  readonly message: Text;
  /** What the question is about, for programs. */
  readonly data?: Value;
}

export interface WaitNode extends Asking {
  readonly kind: 'wait';
  readonly until:
    | { readonly kind: 'for'; readonly ms: number }
    | { readonly kind: 'moment'; readonly value: Value }
    | { readonly kind: 'event'; readonly name: string };
}

/** A node that runs another graph. */
export interface SubgraphNode extends NodeBase {
  readonly kind: 'graph';
  readonly child: GraphDef;
  readonly input: readonly { readonly name: string; readonly value: Value }[];
}

/** A node that runs a node or a graph for each item of a list. */
export interface MapNode extends NodeBase {
  readonly kind: 'map';
  /** A list, or an object whose members become `{ key, value }`. */
  readonly over: Value;
  /** The name of the item where it is in scope; `index` is its place. */
  readonly as: string;
  readonly concurrency: number;
  /** How many must succeed: a share below 1, a count from 1. Absent: all. */
  readonly minSuccess?: number;
  readonly item: MapItem;
  /** The type of `output`: `{ results, failures }`. */
  readonly result: ExprType;
}

/** What runs for an item. */
export interface MapItem {
  /** A file of its own; or, for `node`, a graph of that one node under the id of the map. */
  readonly graph: GraphDef;
  readonly inline: boolean;
  /** A body without waits of its own: it needs no machine. */
  readonly bare: boolean;
  /** What the graph is given. */
  readonly input: readonly { readonly name: string; readonly value: Value }[];
}

/** A node that calls a tool of the graph. */
export interface ToolNode extends NodeBase {
  readonly kind: 'tool';
  readonly tool: CalledTool;
  readonly args: readonly { readonly name: string; readonly value: Value }[];
}

export interface HttpNode extends NodeBase {
  readonly kind: 'http';
  readonly request: HttpRequest;
}

export type NodeDef =
  | ToolNode
  | HttpNode
  | FunctionNode
  | SetNode
  | LlmNode
  | AgentNode
  | TurnNode
  | CallNode
  | RouterNode
  | InterruptNode
  | SubgraphNode
  | WaitNode
  | MapNode
  | MachineNode;

/** Whether a node waits for somebody outside: a person, or an event. */
export function isAsking(def: NodeDef): def is InterruptNode | WaitNode {
  return def.kind === 'interrupt' || (def.kind === 'wait' && def.until.kind === 'event');
}

/** The node, or END, that takes the errors of a node. */
export function errorTarget({ onError }: Pick<NodeDef, 'onError'>): string | undefined {
  return onError === undefined || onError === 'fail' || onError === 'continue' ? undefined : onError;
}

/** An edge of the file; `to` has several entries only for a fork on a condition. */
export interface Edge {
  readonly from: string;
  readonly to: readonly string[];
  readonly when?: Value;
  /** Where the condition stands; absent when it could not be read, or is a router's own. */
  readonly whenSpan?: Span;
  readonly span: Span;
}

/** A way out of a node: the first whose `when` is true is taken; without `when` it is the default. Several targets fork. */
export interface Exit {
  readonly when?: Value;
  readonly targets: readonly string[];
  /** The condition of each target, when they are taken one by one (`route: all`); the exit is taken when any is true. */
  readonly each?: readonly Value[];
  readonly span: Span;
}

/** A graph whose names all resolve: what the planner takes. */
export interface GraphDef {
  readonly name: string;
  readonly description?: string;
  readonly file: string;
  readonly state: readonly StateKey[];
  /** In file order. */
  readonly nodes: ReadonlyMap<string, NodeDef>;
  readonly edges: readonly Edge[];
  /** The ways out of START and of every node. */
  readonly exits: ReadonlyMap<string, readonly Exit[]>;
  /** The state keys that make up the result; absent: all. */
  readonly output?: readonly string[];
  readonly maxVisits: number;
  /** Made of the one node of a map: its state is what that node reads. */
  readonly madeForItem?: true;
  /** Tools by name. Absent: none. */
  readonly tools?: ReadonlyMap<string, ToolDef>;
  /** How many bodies of a `concurrencyKey` run at once. Absent: one each. */
  readonly concurrency?: Readonly<Record<string, number>>;
}

/** The JSON Schema of what the graph takes as input: its state keys, those without a default required. */
export function inputSchema(graph: Pick<GraphDef, 'state'>): JsonSchema {
  const properties = Object.fromEntries(
    graph.state.map(k => [k.name, { ...k.type.schema, ...(k.required ? {} : { default: k.initial }) }]),
  );
  const required = graph.state.filter(k => k.required).map(k => k.name);
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }), additionalProperties: false };
}
