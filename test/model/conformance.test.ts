/** The model answers the conformance tables. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createModelState, deleteRoute, type ModelState } from '../../src/model/model-state.ts';
import { createModel } from '../../src/model/predict.ts';
import { LINUX, withQuirks } from '../../src/model/profile.ts';
import { matches, modelAnswers, parseAsk, plainText, stateOf } from '../case/answer.ts';
import { type IpState, toSnapshot } from '../case/ip-state.ts';
import {
  answersOf,
  habitsOf,
  KERNELS,
  type ModelCase,
  quirksOf,
  readTable,
  TABLES,
} from '../case/model-case.ts';

/** With the routes that were deleted meanwhile added and deleted. */
function arrange(state: IpState): ModelState {
  const snapshot = toSnapshot(state);
  const routes = new Map(snapshot.routes);
  for (const route of state.deleted) routes.set(route.id, route);
  const arranged = createModelState({ ...snapshot, routes });
  for (const route of state.deleted) assert(deleteRoute(arranged, route));
  for (const route of state.deleted) assert(!deleteRoute(arranged, route));
  return arranged;
}

/** Asks the model as each kernel, and compares with the table. */
function check(row: ModelCase): void {
  for (const { name, traits } of KERNELS) {
    const { state } = stateOf(row.state, habitsOf(traits));
    const quirks = { ...quirksOf(traits), ...row.only };
    const model = createModel(arrange(state), withQuirks(LINUX, quirks));
    for (const [question, answer] of Object.entries(row.ask)) {
      const want = answersOf(answer, traits);
      const got = modelAnswers(model, state, parseAsk(question), row.wait);
      const text = `${question} on ${name}: ${got.map(plainText).join(' | ')}, not ${want.join(' | ')}`;
      for (const token of want)
        assert(
          got.some((g) => matches(state, g, token)),
          text,
        );
      for (const g of got)
        assert(
          want.some((token) => matches(state, g, token)),
          text,
        );
    }
  }
}

for (const table of TABLES) {
  describe(table, () => {
    for (const row of readTable(table)) {
      it(`${row.id}: ${row.why}`, () => {
        try {
          check(row);
        } catch (error) {
          // scripts/model-mutate.mjs asks whether anything fails, and no more.
          if (process.env['MODEL_BAIL'] !== undefined) process.exit(1);
          throw error;
        }
      });
    }
  });
}
