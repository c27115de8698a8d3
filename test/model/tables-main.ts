/**
 * The conformance tables and the table of bindings without a test runner, for
 * scripts/model-mutate.mjs: `tables-main.js` prints them as JSON; `tables-main.js FILE [ID…]` reads
 * them from there and asks the model, those rows first. At the first row that is answered
 * otherwise it prints its id and ends with 1.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { PROFILES } from '../../src/model/profile.ts';
import { type ModelCase, readTable, TABLES } from '../case/model-case.ts';
import { checkCase } from '../case/model-check.ts';
import { type PvdCase, pvdAnswer, readPvdCases, wantedOf } from '../case/pvd-case.ts';
import { pvdStateOf } from '../case/pvd-state.ts';

type Row = PvdCase | ModelCase;

function checkRow(row: Row): void {
  if (!Array.isArray(row.ask)) {
    checkCase(row as ModelCase);
    return;
  }
  const state = pvdStateOf(row.state);
  for (const ask of (row as PvdCase).ask) {
    for (const profile of PROFILES) {
      assert.equal(pvdAnswer(state, ask, profile), wantedOf(ask, profile));
    }
  }
}

const [file, ...first] = process.argv.slice(2);
if (file === undefined) {
  process.stdout.write(JSON.stringify([...readPvdCases(), ...TABLES.flatMap(readTable)]));
} else {
  const rows = JSON.parse(readFileSync(file, 'utf8')) as Row[];
  const place = new Map(first.map((id, i) => [id, i]));
  const order = ({ id }: Row): number => place.get(id) ?? first.length;
  for (const row of rows.sort((a, b) => order(a) - order(b))) {
    try {
      checkRow(row);
    } catch {
      process.stdout.write(row.id);
      process.exit(1);
    }
  }
}
