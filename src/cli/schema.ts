import { graphJsonSchema } from '../compile/schema.ts';
import { EXIT } from './exit.ts';
import { printJson } from './output.ts';

/** `statewright schema`: prints the JSON Schema of the language. */
export async function schemaCommand(): Promise<number> {
  printJson(graphJsonSchema());
  return EXIT.done;
}
