/** Kills programs with all that they started. */

/** How long a program that was told to end may take, in milliseconds. */
const GRACE_MS = 1_000;

/** The programs that run: what is left of them ends with this process. */
const running = new Set<number>();

function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    // The group is gone.
    return false;
  }
}

const onExit = (): void => {
  for (const pid of running) signalGroup(pid, 'SIGKILL');
};

/** Notes that a program runs as the head of a group of its own. Gives what is to be called when it ended. */
export function track(pid: number): () => void {
  if (running.size === 0) process.on('exit', onExit);
  running.add(pid);
  return () => {
    running.delete(pid);
    if (running.size === 0) process.off('exit', onExit);
  };
}

/** Asks a group to end, and ends it when it does not. Gives what ends it at once. */
export function endGroup(pid: number): () => void {
  signalGroup(pid, 'SIGTERM');
  const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), GRACE_MS);
  return () => {
    clearTimeout(timer);
    signalGroup(pid, 'SIGKILL');
  };
}
