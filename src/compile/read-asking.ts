import { milliseconds } from './duration.ts';
import type { Expiry, InterruptNode, WaitNode } from './graph.ts';
import { copyJson } from './json.ts';
import { base, defined, type NodeContext, readSchema, type Written, writesOf } from './read-common.ts';
import type { NodeFileOf } from './schema.ts';
import type { Path } from './source.ts';
import type { ValueType } from './state-type.ts';

function readExpiry(
  raw: { after: string; value?: unknown } | undefined,
  schema: ValueType | undefined,
  path: Path,
  { source, reporter }: NodeContext,
): Expiry | undefined {
  if (raw === undefined) return undefined;
  const value = copyJson(raw.value ?? null);
  const [wrong] = schema?.check(value) ?? [];
  if (wrong !== undefined) {
    reporter.report(
      'wrong-value',
      source.span([...path, 'value']),
      `the default answer does not fit the schema: ${wrong}`,
      {
        hint: 'it stands as it is: text needs no quotes of its own',
      },
    );
  }
  return { after: milliseconds(raw.after), value };
}

export function readInterrupt(node: Written, file: NodeFileOf<'interrupt'>, context: NodeContext): InterruptNode {
  const schema = readSchema(file.schema, [...node.path, 'schema'], context);
  const message = context.values.text(file.message, [...node.path, 'message']);
  const expires = readExpiry(file.expires, schema, [...node.path, 'expires'], context);
  const data = file.data === undefined ? undefined : context.values.value(file.data, [...node.path, 'data']);
  const writes = writesOf(node, context, schema, { kind: 'none' });
  const unread = { source: '', names: new Set<string>(), render: () => '' };
  return {
    ...base(node, context),
    kind: 'interrupt',
    message: message ?? unread,
    writes,
    ...defined({ schema, expires, data }),
  };
}

export function readWait(node: Written, file: NodeFileOf<'wait'>, context: NodeContext): WaitNode {
  const { source, reporter, values } = context;
  const given = (['for', 'until', 'event'] as const).filter(key => file[key] !== undefined);
  if (given.length !== 1) {
    const found = given.length === 0 ? 'none' : given.join(' and ');
    const hint = 'give exactly one of "for: 10s", "until: <moment>", "event: name"';
    reporter.report('wrong-value', source.keySpan(node.path), `node "${node.id}" waits for ${found}`, { hint });
  }
  for (const key of ['schema', 'expires'] as const) {
    if (file[key] === undefined || file.event !== undefined) continue;
    const hint = 'it belongs to a wait for an event';
    reporter.report(
      'wrong-value',
      source.keySpan([...node.path, key]),
      `"${key}" of node "${node.id}" has no meaning here`,
      { hint },
    );
  }
  if (file.event !== undefined && (['resume', 'retry'].includes(file.event) || file.event.startsWith('xstate.'))) {
    const hint = 'choose another name for the event';
    const at = source.span([...node.path, 'event']);
    reporter.report('reserved-name', at, `the event "${file.event}" means something else to every graph`, { hint });
  }
  const schema = readSchema(file.schema, [...node.path, 'schema'], context);
  const expires = readExpiry(file.expires, schema, [...node.path, 'expires'], context);
  const writes = writesOf(node, context, schema, { kind: 'none' });
  const moment = file.until === undefined ? undefined : values.value(file.until, [...node.path, 'until']);
  const until: WaitNode['until'] =
    file.event !== undefined
      ? { kind: 'event', name: file.event }
      : file.until !== undefined
        ? { kind: 'moment', value: moment ?? { kind: 'literal', value: 0 } }
        : { kind: 'for', ms: milliseconds(file.for ?? '0ms') };
  return { ...base(node, context), kind: 'wait', until, writes, ...defined({ schema, expires }) };
}
