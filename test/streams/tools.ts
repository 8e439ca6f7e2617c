import type { Model, ModelPart, RunEvent } from '../../src/index.ts';

export async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const events: T[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

/** An event in a line: `type path+node detail`. */
export function line(event: RunEvent): string {
  const name = 'node' in event ? event.path + event.node : event.path;
  switch (event.type) {
    case 'update':
      return `update ${name} ${JSON.stringify(event.writes)}`;
    case 'token':
    case 'reasoning':
      return `${event.type} ${name} ${event.text}`;
    case 'checkpoint':
      return `checkpoint ${event.address} ${event.seq}`;
    case 'value':
      return `value ${event.path}${JSON.stringify(event.values)}`;
    case 'custom':
      return `custom ${name} ${JSON.stringify(event.value)}`;
    case 'interrupt':
      return `interrupt ${event.interrupt.id}`;
    case 'run-started':
      return `run-started ${event.cause}`;
    case 'run-finished':
      return `run-finished ${event.status}`;
    default:
      return name === '' ? event.type : `${event.type} ${name}`;
  }
}

export const textOf = (events: readonly RunEvent[]): string =>
  events.map(e => (e.type === 'token' ? e.text : '')).join('');

/** A model that says what the test tells it to, when it does. */
export class GatedModel implements Model {
  private readonly queue: ModelPart[] = [];
  private wake: (() => void) | undefined;
  private ended = false;

  say(...parts: ModelPart[]): void {
    this.queue.push(...parts);
    this.wake?.();
  }

  text(text: string): void {
    this.say({ type: 'text', text });
  }

  end(): void {
    this.ended = true;
    this.wake?.();
  }

  async *stream(): AsyncIterable<ModelPart> {
    for (;;) {
      const part = this.queue.shift();
      if (part) yield part;
      else if (this.ended) return;
      else
        await new Promise<void>(resolve => {
          this.wake = resolve;
        });
    }
  }
}
