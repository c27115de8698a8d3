/** The model answers the conformance tables. */

import { describe, it } from 'node:test';
import { readTable, TABLES } from '../case/model-case.ts';
import { checkCase } from '../case/model-check.ts';

for (const table of TABLES) {
  describe(table, () => {
    for (const row of readTable(table)) it(`${row.id}: ${row.why}`, () => checkCase(row));
  });
}
