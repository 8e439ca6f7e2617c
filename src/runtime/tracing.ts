/**
 * Runs as spans of OpenTelemetry: the run, its nodes, model calls and tool calls. Only this file knows the API, and it
 * loads when telemetry is asked for.
 *
 *     invoke_workflow triage
 *       llm classify
 *         chat gpt-5-mini
 *       invoke_agent help
 *         model
 *           chat gpt-5-mini
 *         tools
 *           execute_tool search
 */
import { type Attributes, type Context, context, type Span, SpanKind, type Tracer, trace } from '@opentelemetry/api';
import type { BodyCall, RunBody } from '../compile/body-call.ts';
import { type ErrorRecord, errorRecord } from '../compile/context.ts';
import type { NodeDef } from '../compile/graph.ts';
import { plainNaming } from '../compile/naming.ts';
import type { Plan, PlanNode } from '../compile/plan.ts';
import type { BodyDeps } from '../nodes/run-body.ts';
import type { RunEvent } from './events.ts';
import { noteError } from './span-attributes.ts';
import type { Spans, TelemetryOptions } from './spans.ts';
import { tracedDeps } from './traced-deps.ts';

/** A span and the context in which what it contains begins. */
interface Open {
  readonly span: Span;
  readonly inside: Context;
}

/** The node that a place names: `sub/each[3]/draft`. */
function nodeAt(plan: Plan, place: string): NodeDef | undefined {
  let at: Plan | undefined = plan;
  let def: NodeDef | undefined;
  for (const id of place.split('/')) {
    const node: PlanNode | undefined = at?.nodes.get(id.replace(/\[\d+\]$/, ''));
    def = node?.def;
    at = node?.child ?? node?.item;
  }
  return def;
}

class ThreadSpans implements Spans {
  private readonly tracer: Tracer;
  private readonly content: boolean;
  private readonly plan: Plan;
  private readonly thread: string;
  private run: Open | undefined;
  /** The spans of nodes and map items that run, by place, the outer before the inner. */
  private readonly places = new Map<string, Open>();
  /** The calls that agents make, by the place that makes them. */
  private readonly callIds = new Map<string, string>();

  constructor(plan: Plan, thread: string, { tracer, content = false }: TelemetryOptions) {
    this.tracer = (tracer as Tracer | undefined) ?? trace.getTracer('statewright');
    this.content = content;
    this.plan = plan;
    this.thread = thread;
  }

  readonly next = (event: RunEvent): void => {
    if (event.type === 'run-started') this.begin(event.cause);
    else if (event.type === 'run-finished') this.finish(event.status, event.result.error);
    else if (event.type === 'interrupt')
      this.run?.span.addEvent('interrupt', { 'statewright.interrupt.id': event.interrupt.id });
    else if ('node' in event) this.noteNode(event, event.path + event.node);
  };

  private noteNode(event: Extract<RunEvent, { node: string }>, place: string): void {
    switch (event.type) {
      case 'node-started':
        this.startNode(place, { 'statewright.node.visit': event.visit });
        break;
      case 'node-finished':
        this.end(place, event.error);
        break;
      case 'node-failed':
      case 'node-retrying':
        this.end(place, event.error, true);
        break;
      case 'node-cancelled':
        this.at(place).span.setAttribute('statewright.cancelled', true);
        this.end(place);
        break;
      case 'item-started':
        this.startNode(`${place}[${event.index}]`);
        break;
      case 'item-finished':
        this.end(`${place}[${event.index}]`);
        break;
      case 'item-failed':
        this.end(`${place}[${event.index}]`, event.error);
        break;
      case 'tool-call':
        this.callIds.set(place, event.id);
        break;
      default:
        break;
    }
  }

  /** A store that cannot be used, for one: no event says how the run ended. */
  readonly rest = (broken?: { readonly reason: unknown }): void => {
    if (broken) this.finish('failed', errorRecord(broken.reason));
  };

  runBody(call: BodyCall, deps: BodyDeps, make: (deps: BodyDeps) => RunBody): Promise<unknown> {
    const place = (call.naming ?? plainNaming)(call.node);
    const { tracer, content, thread } = this;
    const { inside } = this.at(place);
    const callId = (): string | undefined => this.callIds.get(place);
    const own = tracedDeps(deps, { tracer, content, thread, inside, callId });
    return context.with(inside, () => make(own)(call));
  }

  private open(name: string, attributes: Attributes, parent: Context): Open {
    const span = this.tracer.startSpan(name, { kind: SpanKind.INTERNAL, attributes }, parent);
    return { span, inside: trace.setSpan(parent, span) };
  }

  private begin(cause: string): void {
    const { name } = this.plan.graph;
    const attributes = {
      'gen_ai.operation.name': 'invoke_workflow',
      'gen_ai.workflow.name': name,
      'gen_ai.conversation.id': this.thread,
      'statewright.run.cause': cause,
    };
    this.run = this.open(`invoke_workflow ${name}`, attributes, context.active());
  }

  /** The span of a place. What waited is not told to start again when the run goes on. */
  private at(place: string): Open {
    return this.places.get(place) ?? this.startNode(place);
  }

  private startNode(place: string, more: Attributes = {}): Open {
    const known = this.places.get(place);
    if (known) return known;
    const slash = place.lastIndexOf('/');
    const id = place.slice(slash + 1);
    const index = /\[(\d+)\]$/.exec(id)?.[1];
    const around = index === undefined ? place.slice(0, Math.max(0, slash)) : place.slice(0, -index.length - 2);
    const parent = around === '' ? (this.run?.inside ?? context.active()) : this.at(around).inside;
    const { name, attributes } = this.describe(place, id, index);
    const open = this.open(name, { ...attributes, ...more }, parent);
    this.places.set(place, open);
    return open;
  }

  private describe(place: string, id: string, index: string | undefined): { name: string; attributes: Attributes } {
    const kind = nodeAt(this.plan, place)?.kind ?? 'node';
    const attributes: Attributes = { 'statewright.node': place.replaceAll(/\[\d+\]/g, '') };
    if (index !== undefined) {
      const item = { ...attributes, 'statewright.item': Number(index) };
      return { name: `item ${id.slice(0, id.indexOf('['))}`, attributes: item };
    }
    const own = { ...attributes, 'statewright.node.kind': kind };
    if (kind !== 'agent') return { name: `${kind} ${id}`, attributes: own };
    const agent = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': id };
    return { name: `invoke_agent ${id}`, attributes: { ...own, ...agent, 'gen_ai.conversation.id': this.thread } };
  }

  private end(place: string, error?: ErrorRecord, failed = error !== undefined): void {
    const { span } = this.at(place);
    if (failed) noteError(span, error, this.content);
    span.end();
    this.places.delete(place);
    this.callIds.delete(place);
  }

  /** What waits has no span meanwhile: a span says how long something took, not how long somebody thought. */
  private finish(status: string, error: ErrorRecord | undefined): void {
    for (const place of [...this.places.keys()].reverse()) this.end(place);
    const { run } = this;
    if (!run) return;
    this.run = undefined;
    run.span.setAttribute('statewright.run.status', status);
    if (status === 'failed') noteError(run.span, error, this.content);
    run.span.end();
  }
}

/** Makes spans of what happens in a thread. */
export function createSpans(plan: Plan, thread: string, options: TelemetryOptions): Spans {
  return new ThreadSpans(plan, thread, options);
}
