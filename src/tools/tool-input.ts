/** What a tool takes: as its declaration says, or as its function does. */
import { z } from 'zod';
import { referenceKey } from '../compile/files.ts';
import { copyJson } from '../compile/json.ts';
import type { ToolDef } from '../compile/tool.ts';
import { checkerOf, type JsonSchema } from '../compile/value-check.ts';
import type { Functions } from '../nodes/function-node.ts';
import { ToolError } from './tool-error.ts';

/** The part of a zod schema that is used: the program's own zod may be another than ours. */
interface ZodLike {
  safeParse(value: unknown): { success: true; data: unknown } | { success: false; error: { issues: readonly Issue[] } };
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

const isZod = (value: unknown): value is ZodLike =>
  typeof (value as { safeParse?: unknown } | undefined)?.safeParse === 'function';

/** What the function of a tool says of its input, under `input`. */
function statedInput(tool: ToolDef, functions: Functions): unknown {
  if (tool.kind !== 'function') return undefined;
  const name = [tool.function, referenceKey(tool.function, tool.from)].find(k => Object.hasOwn(functions, k));
  return name === undefined ? undefined : (functions[name] as { input?: unknown }).input;
}

/** The JSON Schema of a tool's arguments, for models. */
export function toolInputSchema(tool: ToolDef, functions: Functions): JsonSchema {
  if (tool.input) return tool.input.schema;
  const stated = statedInput(tool, functions);
  if (isZod(stated)) {
    const own = (stated as { toJSONSchema?: () => JsonSchema }).toJSONSchema;
    return own ? own.call(stated) : z.toJSONSchema(stated as unknown as z.ZodType);
  }
  return stated !== null && typeof stated === 'object' ? (stated as JsonSchema) : { type: 'object' };
}

/** The arguments as the tool takes them. Throws `ToolError` with all that is wrong with them. */
export function acceptArguments(tool: ToolDef, given: unknown, functions: Functions): Record<string, unknown> {
  const args = copyJson(given ?? {}, 'the arguments');
  const stated = tool.input ? undefined : statedInput(tool, functions);
  if (isZod(stated)) {
    const result = stated.safeParse(args);
    if (result.success) return result.data as Record<string, unknown>;
    throw misfit(
      tool,
      result.error.issues.map(
        ({ path, message }) => `${path.length === 0 ? '' : `${path.map(String).join('.')}: `}${message}`,
      ),
    );
  }
  const problems = tool.input ? tool.input.check(args) : checkerOf(toolInputSchema(tool, functions))(args);
  if (problems.length > 0) throw misfit(tool, problems);
  return args as Record<string, unknown>;
}

function misfit({ name }: ToolDef, problems: readonly string[]): ToolError {
  const message = `the arguments of the tool "${name}" do not fit: ${problems.join('; ')}`;
  return new ToolError('tool-args', message, { retryable: false });
}
