/** Rewrites `docs/errors.md` from the diagnostic codes and their fixtures: `node scripts/update-errors.ts`. */
import { writeFileSync } from 'node:fs';
import { docFile, renderErrors } from '../test/diagnostics/errors-doc.ts';

writeFileSync(docFile, await renderErrors());
