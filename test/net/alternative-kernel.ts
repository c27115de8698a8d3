/** Runs the script of an alternative on this kernel and holds its answers against the model's. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { compileScript } from '../../agent/command/compile.ts';
import type { AlternativeKind } from '../../src/model/alternative.ts';
import { asAlternative } from '../../src/model/alternative-compare.ts';
import { translate } from '../../src/model/alternative-query.ts';
import { createModelState } from '../../src/model/model-state.ts';
import { createModel } from '../../src/model/predict.ts';
import { LINUX, withQuirks } from '../../src/model/profile.ts';
import {
  type AlternativeCase,
  asksOf,
  flowOf,
  readAlternatives,
} from '../case/alternative-case.ts';
import { kernelPlain, modelAnswers, plainText, samePlain } from '../case/answer.ts';
import type { Ask } from '../case/ask.ts';
import type { IpState } from '../case/ip-state.ts';
import { askHere } from '../case/kernel.ts';
import { quirksOf, type Traits } from '../case/model-case.ts';
import { pvdStateOf } from '../case/pvd-state.ts';

/** One test a row of the table; the script runs twice, since that is to change nothing. */
export async function checkOnKernel(kind: AlternativeKind, traits: Traits): Promise<void> {
  // Under `vrf` routes of RAs are left to the RAs, which no one sends here.
  const isAskable = ({ state }: AlternativeCase): boolean =>
    kind === 'pbr' || !/^ *router /m.test(state);
  const rows = readAlternatives()
    .filter(isAskable)
    .map((row) => {
      const { snapshot, state, lines } = pvdStateOf(row.state);
      const alternative = asAlternative(snapshot, kind);
      const asks: Ask[] = row.ask.flatMap((ask) => {
        const { query } = translate(alternative, flowOf(ask, state), ask.multi ?? 'union');
        return query === undefined ? [] : asksOf(query, alternative);
      });
      return { row, state, lines, alternative, asks };
    });
  const kernel = await askHere(
    rows.map(({ row, lines, alternative, asks }) => {
      const script = Buffer.from(compileScript(alternative)).toString('base64');
      return { id: row.id, lines: [...lines, `sh ${script}`, `sh ${script}`], asks };
    }),
  );
  for (const { row, state, alternative, asks } of rows) {
    it(`${kind}: ${row.id}: ${row.why}`, () => {
      const answered = kernel.get(row.id);
      assert(answered?.answers !== undefined, `set-up failed: ${answered?.skip}`);
      const { snapshot } = alternative;
      const after = { ...state, links: snapshot.links, routes: snapshot.routes } as IpState;
      const model = createModel(createModelState(snapshot), withQuirks(LINUX, quirksOf(traits)));
      for (const [i, ask] of asks.entries()) {
        const answer = kernelPlain(after, answered.answers[i] as never);
        const allowed = modelAnswers(model, after, ask);
        assert(
          allowed.some((one) => samePlain(one, answer)),
          `${JSON.stringify(ask)}: kernel ${plainText(answer)}, model ${allowed.map(plainText).join(' | ')}`,
        );
      }
    });
  }
}
