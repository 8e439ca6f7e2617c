/** The commands for stored threads. */
import type { CancelOptions, ForkOptions } from './fork.ts';
import type { PruneOptions } from './prune.ts';
import type { ResumeCommandOptions } from './run.ts';
import { argument, type CommandSpec, duration, oneOf, option, positive, when } from './spec.ts';
import type { StateOptions } from './state.ts';
import type { ThreadsOptions } from './threads.ts';
import type { ExportOptions, ImportOptions } from './transfer.ts';
import type { WorkCommandOptions } from './work.ts';

const THREAD = ['<thread>', 'the id of the thread'] as const;
const CHECKPOINT = ['[checkpoint]', 'the number of a checkpoint (default: the newest)'] as const;
const PLACE = [option.store, option.config] as const;

const checkpoint = (text: string | undefined): number | undefined => argument(text, 'checkpoint', positive);

const going = [
  ...PLACE,
  option.graphFile,
  option.script,
  option.model,
  option.stream,
  option.durability,
  option.acceptChanges,
  { ...option.json, text: 'print the result as one JSON value' },
];

const resume: CommandSpec = {
  name: 'resume',
  text: 'go on with a stored thread: answer what it asks, or start again what its process left',
  arguments: [THREAD, ['[answer...]', 'the answer, or several as id=value']],
  options: going,
  examples: ['resume user-42 true', 'resume user-42 review=true', 'resume user-42 -- -5'],
  run: async ([id = '', ...answers], options: ResumeCommandOptions) =>
    (await import('./run.ts')).resumeCommand(id, answers, options),
};

const retry: CommandSpec = {
  name: 'retry',
  text: 'run what failed of a stored thread again, or go on with one that was cancelled',
  arguments: [THREAD],
  options: [{ flags: '--id <id>', text: 'what failed, by its id (default: all that failed)' }, ...going],
  examples: ['retry user-42', 'retry user-42 --id fetch'],
  run: async ([id = ''], options: ResumeCommandOptions) => (await import('./run.ts')).retryCommand(id, options),
};

const cancel: CommandSpec = {
  name: 'cancel',
  text: 'stop a stored thread, wherever it runs; "retry" goes on with it',
  arguments: [THREAD],
  options: [...PLACE, option.graphFile, option.json],
  examples: ['cancel user-42'],
  run: async ([id = ''], options: CancelOptions) => (await import('./fork.ts')).cancelCommand(id, options),
};

const fork: CommandSpec = {
  name: 'fork',
  text: 'begin another thread from a checkpoint of one, which stays as it is; prints the new id',
  arguments: [THREAD, CHECKPOINT],
  options: [
    { ...option.input, text: 'a value for the state of the new thread, or @file with an object; may be repeated' },
    { flags: '--replace', text: 'put the values in place of what is there (default: they are merged as writes are)' },
    { flags: '--id <id>', text: 'the id of the new thread (default: a random one)' },
    ...PLACE,
    option.graphFile,
    option.json,
  ],
  examples: ['fork user-42', 'fork user-42 3 -i tone=formal --id user-42-formal'],
  run: async ([id = '', seq], options: ForkOptions) =>
    (await import('./fork.ts')).forkCommand(id, checkpoint(seq), options),
};

const exported: CommandSpec = {
  name: 'export',
  text: 'print a thread with its whole history as one JSON value',
  arguments: [THREAD],
  options: [{ flags: '-o, --output <file>', text: 'write to a file instead of standard output' }, ...PLACE],
  examples: ['threads export user-42 -o user-42.json'],
  run: async ([id = ''], options: ExportOptions) => (await import('./transfer.ts')).exportCommand(id, options),
};

const imported: CommandSpec = {
  name: 'import',
  text: 'put a thread that was exported into a store; prints its id',
  arguments: [['<file>', 'what "threads export" wrote']],
  options: [{ flags: '--id <id>', text: 'another id for it' }, ...PLACE, option.json],
  examples: ['threads import user-42.json --store other.db'],
  run: async ([file = ''], options: ImportOptions) => (await import('./transfer.ts')).importCommand(file, options),
};

const threads: CommandSpec = {
  name: 'threads',
  text: 'list the stored threads, the newest first',
  options: [
    { flags: '--graph <name>', text: 'those of a graph' },
    {
      flags: '--status <status>',
      text: 'running, done, waiting, failed or cancelled',
      read: oneOf('running', 'done', 'waiting', 'failed', 'cancelled'),
    },
    { flags: '--since <when>', text: 'last written since: a date, or a time ago such as 7d', read: when },
    { flags: '--until <when>', text: 'last written before', read: when },
    { flags: '--limit <n>', text: 'the most to list', read: positive },
    ...PLACE,
    option.json,
  ],
  examples: ['threads --status waiting --since 7d'],
  commands: [exported, imported],
  run: async (_, options: ThreadsOptions) => (await import('./threads.ts')).threadsCommand(options),
};

const state: CommandSpec = {
  name: 'state',
  text: 'show how a thread stands, or stood at a checkpoint',
  arguments: [THREAD, CHECKPOINT],
  options: [...PLACE, option.graphFile, option.json],
  examples: ['state user-42', 'state user-42 3 --json'],
  run: async ([id = '', seq], options: StateOptions) =>
    (await import('./state.ts')).stateCommand(id, checkpoint(seq), options),
};

const history: CommandSpec = {
  name: 'history',
  text: 'show the checkpoints of a thread, the oldest first, with the forks that began from them',
  arguments: [THREAD],
  options: [...PLACE, option.json],
  examples: ['history user-42'],
  run: async ([id = ''], options) => (await import('./history.ts')).historyCommand(id, options),
};

const prune: CommandSpec = {
  name: 'prune',
  text: 'forget old checkpoints and finished threads',
  options: [
    { flags: '--keep <n>', text: 'leave so many checkpoints of each thread, from the newest', read: positive },
    { flags: '--older-than <when>', text: 'forget checkpoints older than 7d, or a date', read: when },
    {
      flags: '--finished <when>',
      text: 'forget threads that are done or cancelled, last written longer ago than 30d, or before a date',
      read: when,
    },
    { flags: '--thread <id>', text: 'of this thread only' },
    { flags: '--dry-run', text: 'only say what would be forgotten' },
    ...PLACE,
    option.json,
  ],
  notes: ['Whatever one of them says is forgotten. The newest checkpoint of a thread stays while the thread does.'],
  examples: ['prune --keep 20 --finished 30d --dry-run'],
  run: async (_, options: PruneOptions) => (await import('./prune.ts')).pruneCommand(options),
};

const work: CommandSpec = {
  name: 'work',
  text: 'go on with the threads of a store that nobody runs, until Ctrl-C',
  arguments: [['<graph...>', 'the graphs whose threads to take up']],
  options: [
    { flags: '--every <time>', text: 'how often to look (default: 1s)', read: duration },
    { flags: '--at-once <n>', text: 'the most threads that are taken up at once (default: 50)', read: positive },
    option.model,
    ...PLACE,
  ],
  notes: ['Threads whose process ended, forks, and those whose timers fell due. Ctrl-C gives back what runs.'],
  examples: ['work graphs/*.yaml --store threads.db'],
  run: async (files, options: WorkCommandOptions) => (await import('./work.ts')).workCommand(files, options),
};

export const threadCommands: readonly CommandSpec[] = [
  resume,
  retry,
  cancel,
  fork,
  threads,
  state,
  history,
  prune,
  work,
];
