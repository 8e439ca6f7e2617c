/** Run events in, chunks of a UI message out. Nothing is read and nothing sent here. */
import type { RunEvent, TextEvent } from '../runtime/events.ts';
import type { UIChunk } from './chunks.ts';

export interface UIStreamOptions {
  /** The nodes whose text and reasoning are shown, with all that is in them: `answer`, `sub/answer`. Default: all. */
  readonly nodes?: readonly string[];
  /** What the page is told of an error. Default: nothing but that there was one, as the AI SDK does. */
  readonly onError?: (error: unknown) => string;
}

type Kind = 'text' | 'reasoning';
type ToolEvent = Extract<RunEvent, { type: 'tool-call' | 'tool-result' }>;
type Finished = Extract<RunEvent, { type: 'run-finished' }>;

const placeOf = ({ path, node }: { readonly path: string; readonly node: string }): string => path + node;

export class UITranslator {
  private readonly options: UIStreamOptions;
  private started = false;
  private stepOpen = false;
  /** Tools gave results: what is said next is another step. */
  private answered = false;
  private thread: string | undefined;
  private count = 0;
  /** The text that each node is saying. */
  private readonly open = new Map<string, { readonly kind: Kind; readonly id: string }>();
  /** The calls that run, by place and id, under the id that the page knows. */
  private readonly calls = new Map<string, string>();
  private readonly callIds = new Set<string>();

  constructor(options: UIStreamOptions) {
    this.options = options;
  }

  /** The chunks that an event amounts to. */
  translate(event: RunEvent): UIChunk[] {
    if (event.type === 'run-started' || event.type === 'run-finished') this.thread = event.thread;
    return [...this.start(), ...this.chunksOf(event)];
  }

  /** The chunks that end a stream that broke. */
  broken(reason: unknown): UIChunk[] {
    return [...this.start(), ...this.closeAll(), { type: 'error', errorText: this.textOf(reason) }];
  }

  private textOf(error: unknown): string {
    return this.options.onError?.(error) ?? 'An error occurred.';
  }

  private start(): UIChunk[] {
    if (this.started) return [];
    this.started = true;
    const { thread } = this;
    return [{ type: 'start', ...(thread === undefined ? {} : { messageMetadata: { thread } }) }];
  }

  private chunksOf(event: RunEvent): UIChunk[] {
    switch (event.type) {
      case 'token':
      case 'reasoning':
        return this.say(event);
      case 'tool-call':
        return this.call(event, event.tool, event.input);
      case 'tool-result':
        return this.answer(event);
      case 'node-finished':
      case 'node-failed':
      case 'node-retrying':
      case 'node-cancelled':
      case 'model-again':
        return this.close(placeOf(event));
      case 'update': {
        const { node, path, branch, writes } = event;
        return [{ type: 'data-update', data: { node, path, branch, writes }, transient: true }];
      }
      case 'custom': {
        const { node, path, value } = event;
        return [{ type: 'data-custom', data: { node, path, value } }];
      }
      case 'interrupt':
        return [{ type: 'data-interrupt', id: event.interrupt.id, data: event.interrupt }];
      case 'run-finished':
        return this.finish(event);
      default:
        return [];
    }
  }

  private shows(place: string): boolean {
    const { nodes } = this.options;
    const isIn = (node: string): boolean => place.startsWith(node) && /^($|[/[])/.test(place.slice(node.length));
    return nodes === undefined || nodes.some(isIn);
  }

  private say(event: TextEvent): UIChunk[] {
    const place = placeOf(event);
    if (!this.shows(place)) return [];
    const kind: Kind = event.type === 'token' ? 'text' : 'reasoning';
    const known = this.open.get(place);
    const delta = (id: string): UIChunk => ({ type: `${kind}-delta`, id, delta: event.text });
    if (known?.kind === kind) return [delta(known.id)];
    const before = [...this.close(place), ...this.step()];
    const id = `${place}#${++this.count}`;
    this.open.set(place, { kind, id });
    return [...before, { type: `${kind}-start`, id }, delta(id)];
  }

  /** A step is a turn: what is said, and the tools that it calls. The end of one ends all texts, so it waits for them. */
  private step(): UIChunk[] {
    if (this.stepOpen && !(this.answered && this.open.size === 0 && this.calls.size === 0)) return [];
    this.answered = false;
    const end = this.endStep();
    this.stepOpen = true;
    return [...end, { type: 'start-step' }];
  }

  private endStep(): UIChunk[] {
    if (!this.stepOpen) return [];
    this.stepOpen = false;
    return [{ type: 'finish-step' }];
  }

  private close(place: string): UIChunk[] {
    const known = this.open.get(place);
    if (!known) return [];
    this.open.delete(place);
    return [{ type: `${known.kind}-end`, id: known.id }];
  }

  private closeAll(): UIChunk[] {
    return [...[...this.open.keys()].flatMap(place => this.close(place)), ...this.endStep()];
  }

  private call(event: ToolEvent, toolName: string, input: unknown): UIChunk[] {
    const first = this.stepOpen ? [] : this.step();
    // Two agents may count their calls alike.
    let toolCallId = event.id;
    for (let n = 2; this.callIds.has(toolCallId); n++) toolCallId = `${event.id}#${n}`;
    this.callIds.add(toolCallId);
    this.calls.set(`${placeOf(event)} ${event.id}`, toolCallId);
    const chunk = { type: 'tool-input-available', toolName, input, ...made(toolCallId) } as const;
    return [...first, chunk];
  }

  private answer(event: Extract<ToolEvent, { type: 'tool-result' }>): UIChunk[] {
    const key = `${placeOf(event)} ${event.id}`;
    // The call was before the stream began.
    const late = this.calls.has(key) ? [] : this.call(event, event.tool, null);
    const toolCallId = this.calls.get(key) ?? event.id;
    this.calls.delete(key);
    this.answered = true;
    const { output } = event;
    const shared = made(toolCallId);
    return output.type === 'error-text'
      ? [...late, { type: 'tool-output-error', errorText: output.value, ...shared }]
      : [...late, { type: 'tool-output-available', output: output.value, ...shared }];
  }

  private finish({ thread, status, result }: Finished): UIChunk[] {
    const before = this.closeAll();
    if (status === 'failed') before.push({ type: 'error', errorText: this.textOf(result.error) });
    if (status === 'cancelled') return [...before, { type: 'abort', reason: 'the run was cancelled' }];
    const finishReason = status === 'done' ? 'stop' : status === 'failed' ? 'error' : 'other';
    return [...before, { type: 'finish', finishReason, messageMetadata: { thread, status, usage: result.usage } }];
  }
}

const made = (toolCallId: string) => ({ toolCallId, dynamic: true, providerExecuted: true }) as const;
