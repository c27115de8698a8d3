/** The table of bindings: every profile answers each row as it says. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PROFILES } from '../../src/model/profile.ts';
import { pvdAnswer, readPvdCases, wantedOf } from '../case/pvd-case.ts';
import { pvdStateOf } from '../case/pvd-state.ts';

const ROWS = readPvdCases();

for (const row of ROWS) {
  describe(`${row.id}: ${row.why}`, () => {
    const state = pvdStateOf(row.state);
    for (const ask of row.ask) {
      for (const profile of PROFILES) {
        const { to, socket, thread, process, multi = '' } = ask;
        it(`${profile.name}: ${to} ${JSON.stringify({ socket, thread, process })} ${multi}`, () => {
          assert.equal(pvdAnswer(state, ask, profile), wantedOf(ask, profile), row.cite);
        });
      }
    }
  });
}

it('every row cites what it rests on, and has an id of its own', () => {
  assert.equal(new Set(ROWS.map((row) => row.id)).size, ROWS.length);
  assert.deepEqual(
    ROWS.filter((row) => (row.cite ?? '').length < 10),
    [],
  );
});
