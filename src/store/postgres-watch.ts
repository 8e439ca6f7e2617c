/**
 * Hears of commits, by a connection of its own that is made again when it is lost.
 *
 * What was committed while it was away is told when it is back: threads that were written since it was last there.
 */
import type { ClientBase } from 'pg';
import { decodeName } from './rows.ts';

/** Milliseconds from the first attempt to connect again to the next; doubled each time, up to the most. */
const FIRST_WAIT = 100;
const LONGEST_WAIT = 5_000;

export interface Connection extends ClientBase {
  end(): Promise<void>;
}

export interface WatchOptions {
  readonly connect: () => Connection;
  /** Commits are told on it, with the id of the thread. */
  readonly channel: string;
  /** The quoted name of the schema. */
  readonly schema: string;
  /** Where to begin to tell. */
  readonly since: string;
}

/** What is not done for certain now, and will be seen later: the oldest transaction that runs. */
export const MARK = 'pg_snapshot_xmin(pg_current_snapshot())::xid::text AS mark';

export class Watch {
  private readonly listeners = new Set<(thread: string) => void>();
  private readonly options: WatchOptions;
  private since: string;
  private client: Connection | undefined;
  private timer: NodeJS.Timeout | undefined;
  private wait = FIRST_WAIT;

  constructor(options: WatchOptions) {
    this.options = options;
    this.since = options.since;
  }

  add(listener: (thread: string) => void): () => void {
    // A function of its own, so that a listener that is added twice is also removed twice.
    const own = (thread: string): void => listener(thread);
    this.listeners.add(own);
    if (!this.client && !this.timer) this.begin();
    return () => {
      this.listeners.delete(own);
      if (this.listeners.size === 0) void this.end();
    };
  }

  private tell(id: string): void {
    const thread = decodeName(id);
    for (const listener of this.listeners) queueMicrotask(() => this.listeners.has(listener) && listener(thread));
  }

  private begin(): void {
    const client = this.options.connect();
    this.client = client;
    client.on('notification', ({ payload }) => payload !== undefined && this.tell(payload));
    client.on('error', () => this.lose(client));
    client.on('end', () => this.lose(client));
    this.listen(client).catch(() => this.lose(client));
  }

  private async listen(client: Connection): Promise<void> {
    const { channel, schema } = this.options;
    await client.connect();
    await client.query(`LISTEN "${channel.replaceAll('"', '""')}"`);
    const { rows } = await client.query(
      `SELECT ${MARK}, ARRAY(SELECT id FROM ${schema}.threads WHERE age(xmin) <= age($1::xid)) AS missed`,
      [this.since],
    );
    const { mark, missed } = rows[0] as { mark: string; missed: string[] };
    this.since = mark;
    this.wait = FIRST_WAIT;
    for (const id of missed) this.tell(id);
  }

  private lose(client: Connection): void {
    if (client !== this.client) return;
    this.client = undefined;
    client.end().catch(() => undefined);
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.begin();
    }, this.wait);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
  }

  /** Stops telling, and closes the connection. */
  async end(): Promise<void> {
    this.listeners.clear();
    clearTimeout(this.timer);
    this.timer = undefined;
    const { client } = this;
    this.client = undefined;
    await client?.end().catch(() => undefined);
  }
}
