/** A row of the conformance tables, asked of the model as each kernel of the tables, and as the ideal. */

import assert from 'node:assert/strict';
import { createModelState, deleteRoute, type ModelState } from '../../src/model/model-state.ts';
import { createModel } from '../../src/model/predict.ts';
import { LINUX, type Profile, RFC, withQuirks } from '../../src/model/profile.ts';
import { matches, modelAnswers, parseAsk, plainText, stateOf } from './answer.ts';
import { type IpState, toSnapshot } from './ip-state.ts';
import {
  ALL_NEW,
  answersOf,
  habitsOf,
  KERNELS,
  type ModelCase,
  quirksOf,
  type Traits,
} from './model-case.ts';

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
    const profile = withQuirks(LINUX, { ...quirksOf(traits), ...row.only });
    checkAs(row, name, traits, profile);
  }
  if (row.rfc) checkAs(row, 'the ideal', ALL_NEW, RFC);
}

function checkAs(row: ModelCase, name: string, traits: Traits, profile: Profile): void {
  const { state } = stateOf(row.state, habitsOf(traits));
  const model = createModel(arrange(state), profile);
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
