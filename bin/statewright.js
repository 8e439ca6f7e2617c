#!/usr/bin/env node
// Plain JavaScript that the oldest Node in use can read: it refuses what cannot run the rest, in one line.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`statewright needs Node 22.18 or newer; this is ${process.version}`);
  process.exit(2);
}
const { existsSync } = await import('node:fs');
// In a checkout the sources run as they are; the published package has only `dist`.
const source = new URL('../src/cli/main.ts', import.meta.url);
const entry = existsSync(source) ? source : new URL('../dist/cli/main.js', import.meta.url);
await import(entry.href);
