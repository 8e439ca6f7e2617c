/**
 * The environment as texts see it, and the care that what they took from it is not written anywhere.
 *
 * Nothing is copied: a variable is read when a text names it, and what was read is masked in what comes back.
 */
import { errorRecord } from '../compile/context.ts';
import type { Env } from '../nodes/world.ts';
import { ToolError } from './tool-error.ts';

const MASK = '***';

/** Shorter values are no secrets, and masking them would garble what has nothing to do with them. */
const SHORTEST = 4;

const isVariable = (key: string | symbol): key is string => typeof key === 'string' && /^[A-Za-z_]\w*$/.test(key);

/** What the libraries look for on any object. */
const PROBES = new Set(['next', 'toLiquid', 'size', 'length', 'then', 'toJSON', 'constructor', 'toString', 'valueOf']);

export class Environment {
  /** For a scope, under `env`: no enumeration, no prototype. */
  readonly names: object;
  private readonly read = new Set<string>();
  private missing: string | undefined;

  constructor(env: Env = process.env) {
    const take = (key: string): string | undefined => {
      const value = Object.hasOwn(env, key) ? env[key] : undefined;
      if (value !== undefined) this.read.add(value);
      else if (!PROBES.has(key)) this.missing = key;
      return value;
    };
    this.names = new Proxy(
      {},
      {
        get: (target, key) => (isVariable(key) && !PROBES.has(key) ? take(key) : Reflect.get(target, key)),
        has: (_, key) => isVariable(key) && take(key) !== undefined,
        getOwnPropertyDescriptor: (_, key) => {
          const value = isVariable(key) ? take(key) : undefined;
          return value === undefined ? undefined : { value, configurable: true, enumerable: true, writable: false };
        },
      },
    );
  }

  /** Renders something. When that fails for a variable that is not set, the error names it. */
  rendering<T>(what: string, render: () => T): T {
    this.missing = undefined;
    try {
      return render();
    } catch (cause) {
      if (this.missing === undefined) throw cause;
      const message = `the environment variable ${this.missing} is not set; ${what} needs it`;
      throw new ToolError('missing-env', message, { retryable: false });
    }
  }

  /** Whether anything was read. */
  get used(): boolean {
    return this.read.size > 0;
  }

  private get secrets(): string[] {
    const forms = [...this.read].flatMap(value => {
      const inJson = JSON.stringify(value).slice(1, -1);
      return [value, value.trim(), encodeURIComponent(value.toWellFormed()), inJson, btoaText(value)];
    });
    // A secret that contains another goes first.
    return [...new Set(forms)].filter(f => f.length >= SHORTEST).sort((a, b) => b.length - a.length);
  }

  private maskText(text: string, secrets: readonly string[]): string {
    return secrets.reduce((masked, secret) => masked.replaceAll(secret, MASK), text);
  }

  /** A result without what was read from the environment. */
  mask(value: unknown): unknown {
    const { secrets } = this;
    const visit = (v: unknown): unknown => {
      if (typeof v === 'string') return this.maskText(v, secrets);
      if (Array.isArray(v)) return v.map(visit);
      if (v === null || typeof v !== 'object') return v;
      return Object.fromEntries(Object.entries(v).map(([key, member]) => [this.maskText(key, secrets), visit(member)]));
    };
    return secrets.length === 0 ? value : visit(value);
  }

  /** An error without what was read from the environment, its cause and stack included. */
  maskError(thrown: unknown): unknown {
    if (!this.used || !(thrown instanceof Error)) return thrown;
    return this.maskOne(thrown, 0);
  }

  private maskOne(error: Error, depth: number): Error {
    const { secrets } = this;
    const hide = (text: string): string => this.maskText(text, secrets);
    const { message, stack, cause } = error;
    Object.defineProperty(error, 'message', { value: hide(message), configurable: true, writable: true });
    if (stack !== undefined) {
      Object.defineProperty(error, 'stack', { value: hide(stack), configurable: true, writable: true });
    }
    if (cause !== undefined) {
      const masked =
        cause instanceof Error && depth < 5 ? this.maskOne(cause, depth + 1) : this.mask(errorRecord(cause));
      Object.defineProperty(error, 'cause', { value: masked, configurable: true, writable: true });
    }
    return error;
  }
}

/** Base64, as in the `Authorization` of a user with a password; the padding may be cut off. */
function btoaText(value: string): string {
  return Buffer.from(value, 'utf8').toString('base64').replace(/=+$/, '');
}
