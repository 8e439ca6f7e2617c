/** Waits for a thread to come to rest. What is asked while it runs joins the run. */
export class Rest {
  private ran = false;
  private current: PromiseWithResolvers<void> | undefined;

  /** Whether the thread ran before, and does not run now. */
  get resting(): boolean {
    return this.ran && !this.busy;
  }

  get busy(): boolean {
    return this.current !== undefined;
  }

  /** The thread runs from now on, if it does not already. Resolves when it rests. */
  enter(): Promise<void> {
    this.ran = true;
    this.current ??= Promise.withResolvers();
    return this.current.promise;
  }

  reached(): void {
    this.leave()?.resolve();
  }

  /** The thread cannot go on. */
  broken(reason: unknown): void {
    this.leave()?.reject(reason);
  }

  /** Whoever asks from now on finds the thread at rest, before those who waited for that are told. */
  private leave(): PromiseWithResolvers<void> | undefined {
    const { current } = this;
    this.current = undefined;
    return current;
  }
}
