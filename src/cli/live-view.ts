import type { RunEvent } from '../runtime/events.ts';
import { colorsFor, visible } from './output.ts';

/** Where the view draws; standard error in earnest. */
export interface Screen {
  write(text: string): unknown;
  readonly columns?: number | undefined;
  readonly isTTY?: boolean;
}

interface Row {
  readonly node: string;
  readonly branch: string;
  state: 'running' | 'ok' | 'failed' | 'retrying' | 'cancelled';
  startedAt: number;
  endedAt?: number;
  visits: number;
  text: string;
  /** Of a map: how many items ended, and of how many. */
  items?: { ended: number; failed: number; total: number } | undefined;
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

function duration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  return ms < 60_000
    ? `${(ms / 1_000).toFixed(1)} s`
    : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
}

function itemsOf({ items }: Row): string {
  if (!items) return '';
  return ` ${items.ended}/${items.total}${items.failed > 0 ? ` (${items.failed} failed)` : ''}`;
}

/** Shows each node of a run with its state and time, redrawn in place. */
export class LiveView {
  private readonly rows = new Map<string, Row>();
  private readonly screen: Screen;
  private readonly now: () => number;
  private drawn = 0;
  private frame = 0;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(screen: Screen, now: () => number) {
    this.screen = screen;
    this.now = now;
  }

  start(): void {
    this.timer ??= setInterval(() => {
      this.frame++;
      this.draw();
    }, 80);
  }

  /** Draws the last picture and leaves it standing; what ended is not drawn again. */
  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.draw();
    this.drawn = 0;
    for (const [node, row] of this.rows) if (row.endedAt !== undefined) this.rows.delete(node);
  }

  handle(event: RunEvent): void {
    const name = 'node' in event ? `${event.path}${event.node}` : event.path;
    // What happens inside the items of a map is told by its row: there may be thousands.
    if (name.includes('[')) return;
    switch (event.type) {
      case 'node-started':
        this.begin(event.node, event.branch, event.at);
        break;
      case 'node-finished':
        this.end(event.node, 'ok', event.at);
        break;
      case 'node-failed':
        this.begin(event.node, event.branch, event.at, true);
        this.end(event.node, 'failed', event.at);
        break;
      case 'token': {
        const row = this.rows.get(event.node);
        if (row) row.text = `${row.text}${event.text}`.slice(-400);
        break;
      }
      case 'node-retrying':
        this.end(event.node, 'retrying', event.at);
        break;
      case 'item-finished':
      case 'item-failed':
        this.countItem(event.node, event.total, event.type === 'item-failed');
        break;
      case 'node-cancelled':
        this.end(event.node, 'cancelled', event.at);
        break;
      // The question itself is put on the screen, and its answer after it.
      default:
        break;
    }
  }

  private begin(node: string, branch: string, at: number, keep = false): void {
    const row = this.rows.get(node);
    if (!row) this.rows.set(node, { node, branch, state: 'running', startedAt: at, visits: 1, text: '' });
    else if (!keep)
      Object.assign(row, {
        state: 'running',
        startedAt: at,
        endedAt: undefined,
        visits: row.visits + 1,
        text: '',
        items: undefined,
      });
  }

  private countItem(node: string, total: number, failed: boolean): void {
    const row = this.rows.get(node);
    if (!row) return;
    const { items = { ended: 0, failed: 0, total } } = row;
    row.items = { total, ended: items.ended + 1, failed: items.failed + (failed ? 1 : 0) };
  }

  private end(node: string, state: Row['state'], at: number): void {
    const row = this.rows.get(node);
    if (row) Object.assign(row, { state, endedAt: at });
  }

  private line(row: Row, width: number): string {
    const c = colorsFor(this.screen);
    const marks = {
      running: c.cyan(FRAMES[this.frame % FRAMES.length] ?? '·'),
      ok: c.green('✔'),
      failed: c.red('✖'),
      retrying: c.yellow('↻'),
      cancelled: c.dim('⊘'),
    };
    const indent = '  '.repeat(row.branch === '' ? 0 : row.branch.split('/').length);
    const name = `${indent}${row.node}${row.visits > 1 ? ` ×${row.visits}` : ''}${itemsOf(row)}`;
    const time = duration((row.endedAt ?? this.now()) - row.startedAt);
    const head = `${name.padEnd(Math.min(width, 24))} ${time}`.slice(0, Math.max(1, width - 2));
    const room = width - 2 - head.length - 2;
    const tail =
      row.text !== '' && row.state === 'running' && room > 8 ? c.dim(`  ${visible(row.text).slice(-room)}`) : '';
    return `${marks[row.state]} ${head}${tail}`;
  }

  private draw(): void {
    const width = Math.max(10, (this.screen.columns ?? 80) - 1);
    const lines = [...this.rows.values()].slice(-30).map(row => this.line(row, width));
    const up = this.drawn > 0 ? `\u001b[${this.drawn}A` : '';
    if (lines.length > 0) this.screen.write(`${up}${lines.map(l => `\u001b[2K${l}\n`).join('')}`);
    this.drawn = lines.length;
  }
}
