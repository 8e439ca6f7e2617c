/** Counts primes: long computing, which a tool with `worker: true` does in a thread of its own. */
export function primes({ below }: { below: number }): number {
  let count = 0;
  for (let n = 2; n < below; n++) {
    let prime = true;
    for (let d = 2; d * d <= n && prime; d++) prime = n % d !== 0;
    if (prime) count++;
  }
  return count;
}

/** Waits for an answer from elsewhere: others go on meanwhile. */
export async function lookUp({ number }: { number: number }): Promise<string> {
  await new Promise(resolve => setTimeout(resolve, 20));
  return `${number} has ${String(number).length} digits`;
}
