/** One process of the benchmarks: some of those that run a shape, or a group of figures. It does what it is asked to, and tells what it found. */
import { figures } from './figures/index.ts';
import { FULL, QUICK } from './lib/measure.ts';
import type { SubjectName } from './lib/shape.ts';
import { type Subject, subjectOf } from './lib/subject.ts';
import { shapes } from './shapes/index.ts';

const [kind, name = '', effortName, size] = process.argv.slice(2);
const effort = effortName === 'quick' ? QUICK : FULL;

/** What does what is asked for. */
function doer(): (act: string, subject: string) => unknown {
  const shape = kind === 'shape' ? shapes[name] : undefined;
  const group = kind === 'figures' ? figures[name] : undefined;
  if (group) return () => group.measure(effort);
  if (!shape) throw new Error(`there is no ${kind} "${name}"`);
  const about = shape.at(Number(size));
  const subjects = new Map<string, Subject>();
  return (act, subject) => {
    const found = subjects.get(subject) ?? subjectOf(shape, about, subject as SubjectName, effort);
    subjects.set(subject, found);
    return found[act as keyof Subject]();
  };
}

const act = doer();
// Whoever asks may be gone at any time, and then there is nothing left to do. Ctrl-C ends them first.
process.on('disconnect', () => process.exit());
process.on('SIGINT', () => {});
process.on('message', async ([what, subject = '']: string[]) => {
  const told = (what && (await act(what, subject))) ?? {};
  process.send?.(told, () => {});
});
