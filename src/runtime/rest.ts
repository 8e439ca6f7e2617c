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

  /** Acts, and resolves when the thread rests. */
  async after(act: () => void): Promise<void> {
    if (this.running) act();
    else this.running = this.begin(act);
    await this.running;
  }

  private async begin(act: () => void): Promise<void> {
    this.ran = true;
    try {
      await new Promise<void>((resolve, reject) => {
        this.ends = { resolve, reject };
        act();
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
