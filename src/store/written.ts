/** The rows of the threads that a store wrote last, which need not be read to go on. */
import { threadDigest } from './rows.ts';
import type { StoredThread } from './store.ts';

/** As many threads as run at once. */
const REMEMBERED = 100;

/** A thread with the digest of its row. */
export interface WrittenThread {
  readonly thread: StoredThread;
  readonly digest: string;
}

export const writtenOf = (thread: StoredThread): WrittenThread => ({ thread, digest: threadDigest(thread) });

export class WrittenThreads {
  private readonly threads = new Map<string, WrittenThread>();

  get(id: string): WrittenThread | undefined {
    return this.threads.get(id);
  }

  /** The one that was written longest ago is forgotten first. */
  remember(own: WrittenThread): void {
    this.threads.delete(own.thread.id);
    this.threads.set(own.thread.id, own);
    const [oldest] = this.threads.size > REMEMBERED ? this.threads.keys() : [];
    if (oldest !== undefined) this.threads.delete(oldest);
  }

  /** Returns whether it was remembered. */
  forget(id: string): boolean {
    return this.threads.delete(id);
  }
}
