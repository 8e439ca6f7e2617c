import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Place } from './lease.ts';

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    // A process of another user cannot be signalled, and runs.
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Within what process ids mean the same: containers of one machine may have their own. */
function processSpace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/** This process. */
export const thisProcess = (): Place => ({ host: `${hostname()} ${processSpace()}`.trim(), pid: process.pid, runs });
