/** A case that the types say cannot be: a new kind fails to compile wherever it is not handled. */
export function assertNever(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
}
