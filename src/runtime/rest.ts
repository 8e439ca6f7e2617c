/** Waits for a thread to come to rest. What is asked while it runs joins the run. */
export class Rest {
  private running: Promise<void> | undefined;
  private ran = false;
  private ends: { resolve: () => void; reject: (reason: unknown) => void } | undefined;

  /** Whether the thread ran before, and does not run now. */
  get resting(): boolean {
    return this.ran && !this.busy;
  }

  get busy(): boolean {
    return this.ends !== undefined;
  }

  /** The thread runs from now on, if it does not already. Resolves when it rests. */
  enter(): Promise<void> {
    this.running ??= this.begin();
    return this.running;
  }

  private async begin(): Promise<void> {
    this.ran = true;
    try {
      await new Promise<void>((resolve, reject) => {
        this.ends = { resolve, reject };
      });
    } finally {
      this.ends = undefined;
      this.running = undefined;
    }
  }

  reached(): void {
    this.ends?.resolve();
  }

  /** The thread cannot go on. */
  broken(reason: unknown): void {
    this.ends?.reject(reason);
  }
}
