/** A row of the conformance tables, asked of the model as each kernel of the tables. */

import assert from 'node:assert/strict';
import { createModelState, deleteRoute, type ModelState } from '../../src/model/model-state.ts';
import { createModel } from '../../src/model/predict.ts';
import { LINUX, withQuirks } from '../../src/model/profile.ts';
import { matches, modelAnswers, parseAsk, plainText, stateOf } from './answer.ts';
import { type IpState, toSnapshot } from './ip-state.ts';
import { answersOf, habitsOf, KERNELS, type ModelCase, quirksOf } from './model-case.ts';

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

/** The answers are those of the row, all of them. @throws AssertionError when not. */
export function checkCase(row: ModelCase): void {
  for (const { name, traits } of KERNELS) {
    const { state } = stateOf(row.state, habitsOf(traits));
    const quirks = { ...quirksOf(traits), ...row.only };
    const model = createModel(arrange(state), withQuirks(LINUX, quirks));
    for (const [question, answer] of Object.entries(row.ask)) {
      const want = answersOf(answer, traits);
      const got = modelAnswers(model, state, parseAsk(question), row.wait);
      const text = `${question} on ${name}: ${got.map(plainText).join(' | ')}, not ${want.join(' | ')}`;
      for (const token of want) {
        assert(
          got.some((g) => matches(state, g, token)),
          text,
        );
      }
      for (const g of got) {
        assert(
          want.some((token) => matches(state, g, token)),
          text,
        );
      }
    }
  }
}
