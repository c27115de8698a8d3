/** The model answers the conformance tables. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createModelState } from '../../src/model/model-state.ts';
import { createModel } from '../../src/model/predict.ts';
import { LINUX, withQuirks } from '../../src/model/profile.ts';
import { matches, modelAnswers, parseAsk, plainText, stateOf } from '../case/answer.ts';
import { toSnapshot } from '../case/ip-state.ts';
import { answersOf, readTable, TABLES } from '../case/model-case.ts';

const KERNELS = [
  { name: 'new', traits: { new: true, mip6: true } },
  { name: 'old', traits: { new: false, mip6: true } },
  { name: 'without MIP6', traits: { new: true, mip6: false } },
] as const;

for (const table of TABLES) {
  describe(table, () => {
    for (const row of readTable(table)) {
      it(`${row.id}: ${row.why}`, () => {
        const { state } = stateOf(row.state);
        for (const { name, traits } of KERNELS) {
          const quirks = {
            oifMatchShortcut: traits.new,
            nhgrpScanAll: traits.new,
            mip6: traits.mip6,
          };
          const model = createModel(createModelState(toSnapshot(state)), withQuirks(LINUX, quirks));
          for (const [question, answer] of Object.entries(row.ask)) {
            const want = answersOf(answer, traits);
            const got = modelAnswers(model, state, parseAsk(question));
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
      });
    }
  });
}
