import type { Span } from '../diagnostic/diagnostic.ts';
import type { AgentNode, GraphDef, Value } from './graph.ts';
import type { ValueType } from './state-type.ts';
import type { MarkedText, Text } from './text.ts';

/** Names with a text each: headers, query parameters, environment variables. */
export type NamedTexts = readonly { readonly name: string; readonly text: Text }[];

/** An HTTP request whose texts are not rendered yet. Where it uses `env`, the environment is in scope. */
export interface HttpRequest {
  readonly method: string;
  /** Values stand apart from the text around them, so that each can be encoded. */
  readonly url: MarkedText;
  readonly headers: NamedTexts;
  readonly query: NamedTexts;
  readonly body?:
    | { readonly kind: 'text'; readonly text: Text }
    | { readonly kind: 'json'; readonly members: readonly { readonly name: string; readonly value: Value }[] };
  readonly parse: 'auto' | 'json' | 'text' | 'full';
  readonly maxBytes: number;
  /** Milliseconds. Absent: whoever calls has a limit of its own. */
  readonly timeout?: number;
  readonly allowPrivate: boolean;
}

/** What every tool has, whoever calls it. */
interface ToolBase {
  readonly name: string;
  readonly description?: string;
  /** The type of the arguments, an object. Absent for a function that states its input itself, or not at all. */
  readonly input?: ValueType;
  readonly span: Span;
}

/** A function: where it stands, and whether it runs in a thread of its own. */
export interface FunctionUse {
  /** `./file.ts#export` or a registered name, and where it stands. */
  readonly function: string;
  readonly functionSpan: Span;
  readonly worker?: true;
}

export interface FunctionTool extends ToolBase, FunctionUse {
  readonly kind: 'function';
  /** The graph file that names it. */
  readonly from: string;
}

export interface HttpTool extends ToolBase {
  readonly kind: 'http';
  readonly request: HttpRequest;
}

export interface ShellTool extends ToolBase {
  readonly kind: 'shell';
  readonly command: /** The program, and its arguments: each text is exactly one. */
    | { readonly kind: 'list'; readonly program: string; readonly args: readonly Text[] }
    /** For `/bin/sh`; values stand apart, so that each can be quoted. */
    | { readonly kind: 'text'; readonly text: MarkedText };
  /** The folder it runs in, as the graph's file is named. */
  readonly cwd: string;
  readonly env: NamedTexts;
  readonly stdin?: Text;
  readonly success: readonly number[];
  readonly parse: 'text' | 'json' | 'lines';
  readonly maxBytes: number;
  /** Milliseconds. */
  readonly timeout: number;
}

/** A graph that an agent may run. */
export interface GraphTool extends ToolBase {
  readonly kind: 'graph';
  readonly child: GraphDef;
}

/** An agent that another may ask. */
export interface AgentTool extends ToolBase {
  readonly kind: 'agent';
  readonly agent: AgentNode;
}

/** All tools of an MCP server. */
export interface McpTool extends ToolBase {
  readonly kind: 'mcp';
  /** The texts see the environment. */
  readonly server:
    | { readonly kind: 'stdio'; readonly command: readonly Text[]; readonly env: NamedTexts; readonly cwd: string }
    | { readonly kind: 'http'; readonly url: Text; readonly headers: NamedTexts };
  readonly only?: readonly string[];
  /** Milliseconds. */
  readonly timeout: number;
}

/** What is done with one call. */
export type CalledTool = FunctionTool | HttpTool | ShellTool;

/** What a model may call. */
export type ToolDef = CalledTool | McpTool | GraphTool | AgentTool;

/** Whether a call, by the name that the model gave, is one of a tool. */
export const isCallOf = (tool: ToolDef, name: string): boolean =>
  tool.kind === 'mcp' ? name.startsWith(`${tool.name}_`) : name === tool.name;

/** Whether a tool is a graph of its own, and not done with one call. */
export const isGraphTool = (tool: ToolDef): tool is GraphTool | AgentTool =>
  tool.kind === 'graph' || tool.kind === 'agent';

export const DEFAULT_MAX_BYTES = 10_000_000;
/** Milliseconds. */
export const DEFAULT_HTTP_TIMEOUT = 30_000;
/** Milliseconds. */
export const DEFAULT_SHELL_TIMEOUT = 60_000;

/** The expressions and texts of a request. */
export function requestParts({ url, headers, query, body }: HttpRequest): {
  readonly values: readonly Value[];
  readonly texts: readonly Text[];
} {
  const texts = [url, ...[...headers, ...query].map(t => t.text)];
  return {
    values: body?.kind === 'json' ? body.members.map(m => m.value) : [],
    texts: body?.kind === 'text' ? [...texts, body.text] : texts,
  };
}

/** The names that a request uses. */
export function requestNames(request: HttpRequest): ReadonlySet<string> {
  const { values, texts } = requestParts(request);
  const inValues = values.flatMap(v => (v.kind === 'expr' ? [...v.expr.names] : []));
  return new Set([...texts.flatMap(t => [...t.names]), ...inValues]);
}
