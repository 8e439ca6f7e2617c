/** Rewrites the tables of keys in `docs/language.md` from the schema: `node scripts/update-language.ts`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { docFile, renderTables } from '../test/language-doc/tables.ts';

writeFileSync(docFile, renderTables(readFileSync(docFile, 'utf8')));
