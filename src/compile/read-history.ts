import { didYouMean, quote } from '../diagnostic/suggest.ts';
import type { NodeShared, Writes } from './graph.ts';
import type { Fit } from './model-call.ts';
import type { NodeContext, Written } from './read-common.ts';

interface ConversationFile {
  readonly history?: string | undefined;
  readonly context?: 'full' | { readonly clip: number } | { readonly summarize: number } | undefined;
}

/** Reads what a node says of the conversation it goes on with. */
export function readConversation(
  node: Written,
  { history, context: fit }: ConversationFile,
  writes: Writes,
  context: NodeContext,
): Pick<NodeShared, 'history'> & { readonly fit?: Fit } {
  return {
    ...(history !== undefined && checkHistory(history, node, writes, context) ? { history } : {}),
    ...(fit === undefined || fit === 'full' ? {} : { fit: readFit(fit) }),
  };
}

const readFit = (fit: { readonly clip: number } | { readonly summarize: number }): Fit =>
  'clip' in fit ? { kind: 'clip', maxTokens: fit.clip } : { kind: 'summarize', maxTokens: fit.summarize };

function checkHistory(name: string, node: Written, writes: Writes, { state, source, reporter }: NodeContext): boolean {
  const at = source.span([...node.path, 'history']);
  const key = state.find(k => k.name === name);
  if (!key) {
    const hint = didYouMean(
      name,
      state.map(k => k.name),
      'state keys',
    );
    reporter.report('unknown-state-key', at, `there is no state key ${quote(name)}`, { hint });
    return false;
  }
  if (key.merge !== 'messages') {
    const hint = `declare it so: ${name}: messages`;
    reporter.report('wrong-value', at, `the history ${quote(name)} is no state key of type "messages"`, { hint });
    return false;
  }
  const written = writes.kind === 'key' ? [writes.key] : writes.kind === 'map' ? writes.entries.map(e => e.key) : [];
  if (!written.includes(name)) return true;
  const hint = 'what was said is added by itself: write the output to another key';
  reporter.report('wrong-value', at, `node "${node.id}" writes its history ${quote(name)} with "output", too`, {
    hint,
  });
  return false;
}
