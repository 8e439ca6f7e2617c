/** Prints the events of a run as they happen: for people on standard error, or as lines of JSON on standard output. */
import { once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';
import { didYouMean } from '../diagnostic/suggest.ts';
import type { RunEvent } from '../runtime/events.ts';
import { STREAM_MODES, type StreamMode } from '../runtime/modes.ts';
import { CliError } from './exit.ts';
import { colorsFor } from './output.ts';

/** Reads `updates,tokens`. */
export function readModes(option: string): StreamMode[] {
  return option.split(',').map(word => {
    const mode = word.trim();
    if ((STREAM_MODES as readonly string[]).includes(mode)) return mode as StreamMode;
    throw new CliError(`--stream: there is no mode "${mode}"; ${didYouMean(mode, STREAM_MODES, 'modes')}`);
  });
}

/** What an event says behind its name, for people. */
function detailOf(event: RunEvent): string {
  switch (event.type) {
    case 'update':
      return JSON.stringify(event.writes);
    case 'value':
      return JSON.stringify(event.values);
    case 'custom':
      return JSON.stringify(event.value) ?? '';
    case 'tool-call':
      return `${event.tool}(${JSON.stringify(event.input)})`;
    case 'tool-result':
      return `${event.tool}: ${JSON.stringify(event.output.value)}`;
    case 'log':
      return event.message;
    case 'interrupt':
      return `${event.interrupt.id}: ${event.interrupt.message}`;
    case 'node-failed':
    case 'item-failed':
      return event.error.message;
    case 'checkpoint':
      return `${event.address} ${event.seq}`;
    case 'run-started':
      return event.cause;
    case 'run-finished':
      return event.status;
    default:
      return '';
  }
}

/** The most that is shown of what an event says; `--json` gives all of it. */
const SHOWN = 300;

const cut = (text: string): string => (text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);

interface Output {
  write(text: string): boolean;
  readonly isTTY?: boolean;
}

export class StreamPrinter {
  private readonly json: boolean;
  private readonly out: Output & NodeJS.EventEmitter;
  /** Whose text stands at the end of the line that is not ended yet. */
  private speaker: string | undefined;

  constructor(json: boolean) {
    this.json = json;
    this.out = json ? process.stdout : process.stderr;
  }

  /** Resolves when there is room for more: a slow reader holds up the printing, not the run. */
  async print(event: RunEvent): Promise<void> {
    const text = this.json ? `${JSON.stringify(event)}\n` : this.forPeople(event);
    if (!this.out.write(text)) await once(this.out, 'drain');
  }

  private forPeople(event: RunEvent): string {
    const c = colorsFor(this.out);
    const place = 'node' in event ? event.path + event.node : event.path.replace(/\/$/, '');
    if (event.type === 'token' || event.type === 'reasoning') {
      const speaker = `${event.type} ${place}`;
      const head = this.speaker === speaker ? '' : `${this.endLine()}${c.bold(place)}: `;
      this.speaker = speaker;
      const text = stripVTControlCharacters(event.text);
      return head + (event.type === 'token' ? text : c.dim(text));
    }
    const words = [
      c.dim(event.type),
      place === '' ? '' : c.bold(place),
      stripVTControlCharacters(cut(detailOf(event))),
    ];
    return `${this.endLine()}${words.filter(w => w !== '').join(' ')}\n`;
  }

  private endLine(): string {
    const open = this.speaker !== undefined;
    this.speaker = undefined;
    return open ? '\n' : '';
  }
}
