/** The running kernel answers the conformance tables as the model does. Needs root and iproute2. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { calibrate } from '../../agent/calibrate/calibrate.ts';
import { createModelState } from '../../src/model/model-state.ts';
import { createModel } from '../../src/model/predict.ts';
import { LINUX, withQuirks } from '../../src/model/profile.ts';
import {
  type KernelAnswer,
  kernelPlain,
  matches,
  modelAnswers,
  parseAsk,
  plainText,
  samePlain,
  stateOf,
} from '../case/answer.ts';
import { toSnapshot } from '../case/ip-state.ts';
import { askHere, calibrationJobs, type KernelCase, SPREAD, traitsOf } from '../case/kernel.ts';
import {
  answersOf,
  habitsOf,
  isAbout,
  type ModelCase,
  quirksOf,
  readTable,
  TABLES,
} from '../case/model-case.ts';

/** The question, and for set-valued answers the same for other destinations of the /112. */
function spread(question: string, want: readonly string[]): string[] {
  if (want.length === 1) return [question];
  const other = (i: number): string => question.replace(/^(\w+ \S*::)1\b/, `$1${i.toString(16)}`);
  return Array.from({ length: SPREAD }, (_, i) => other(i + 1));
}

const traits = traitsOf(await askHere(calibrationJobs()));

const quirks = { ...(await calibrate()), ...quirksOf(traits) };
const rows = TABLES.flatMap(readTable)
  .filter((row) => isAbout(row, quirks))
  .map((row) => {
    const { state, lines } = stateOf(row.state, habitsOf(traits));
    const questions = Object.entries(row.ask).flatMap(([question, answer]) => {
      const want = answersOf(answer, traits);
      return spread(question, want).map((text) => ({ text, want }));
    });
    return { row, state, lines, questions };
  });
const kernel = await askHere(
  rows.map(({ row, lines, questions }) => ({
    id: row.id,
    lines,
    wait: row.wait ?? 0,
    asks: questions.map(({ text }) => parseAsk(text)),
  })),
);

describe(`this kernel (${JSON.stringify(traits)})`, () => {
  for (const { row, state, questions } of rows) {
    it(`${row.id}: ${row.why}`, (t) => check(t, row, state, questions, kernel.get(row.id)));
  }
});

function check(
  t: { skip(why: string): void },
  row: ModelCase,
  state: ReturnType<typeof stateOf>['state'],
  questions: readonly { text: string; want: readonly string[] }[],
  answered: KernelCase | undefined,
): void {
  if (answered?.skip !== undefined && row.needs !== undefined) {
    t.skip(answered.skip);
    return;
  }
  assert(answered?.answers !== undefined, `set-up failed: ${answered?.skip}`);
  const model = createModel(createModelState(toSnapshot(state)), withQuirks(LINUX, quirks));
  for (const [i, { text, want }] of questions.entries()) {
    const answer = kernelPlain(state, answered.answers[i] as KernelAnswer);
    const named = want.find((token) => matches(state, answer, token));
    assert(named !== undefined, `${text}: kernel ${plainText(answer)}, table ${want.join(' | ')}`);
    const allowed = modelAnswers(model, state, parseAsk(text), row.wait);
    assert(
      allowed.some((a) => samePlain(a, answer)),
      `${text}: kernel ${plainText(answer)}, model ${allowed.map(plainText).join(' | ')}`,
    );
  }
}
