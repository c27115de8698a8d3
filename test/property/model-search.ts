/**
 * Searches random states for rows of the conformance tables: states in which every line
 * matters, because without it the model's answer is another. Prints YAML for review; a row
 * becomes part of a table only after kernels agreed (test/net/model.test.ts).
 *
 * `node dist/test/property/model-search.js FIRST_SEED COUNT`
 */

import { createModelState } from '../../src/model/model-state.ts';
import { createModel } from '../../src/model/predict.ts';
import { LINUX, withQuirks } from '../../src/model/profile.ts';
import { modelAnswers, parseAsk, plainText, stateOf } from '../case/answer.ts';
import { toSnapshot } from '../case/ip-state.ts';
import { habitsOf, KERNELS, quirksOf } from '../case/model-case.ts';
import { fuzzCase } from './model-fuzz.ts';

/** A row with more or fewer lines tells little, or nothing. */
const LINES_MIN = 4;
const LINES_MAX = 12;

function answers(lines: readonly string[], question: string): string {
  const ask = parseAsk(question);
  const all = KERNELS.map(({ traits }) => {
    const { state } = stateOf(lines.join('\n'), habitsOf(traits));
    const model = createModel(
      createModelState(toSnapshot(state)),
      withQuirks(LINUX, quirksOf(traits)),
    );
    return [...new Set(modelAnswers(model, state, ask).map(plainText))].sort().join(' | ');
  });
  // Rows that depend on the kernel are written by hand.
  return new Set(all).size === 1 ? (all[0] as string) : '';
}

function minimal(all: readonly string[], question: string, want: string): string[] {
  let lines = [...all];
  for (let before = 0; before !== lines.length; ) {
    before = lines.length;
    lines = once(lines, question, want);
  }
  return lines;
}

function once(all: readonly string[], question: string, want: string): string[] {
  let lines = [...all];
  for (let at = lines.length - 1; at > 0; at--) {
    const fewer = lines.filter((_, i) => i !== at);
    try {
      if (answers(fewer, question) === want) lines = fewer;
    } catch {
      // A line that others refer to stays.
    }
  }
  return lines;
}

const first = Number(process.argv[2] ?? 1);
const count = Number(process.argv[3] ?? 100);
const shapes = new Set<string>();
let found = 0;
for (let seed = first; found < count && seed < first + 20 * count; seed++) {
  const { lines, questions } = fuzzCase({ seed, questions: 6, vrf: seed % 3 === 0 });
  for (const question of questions) {
    const want = answers(lines, question);
    if (want === '') continue;
    const few = minimal(lines, question, want);
    // One row for each kind of state: the words without names and numbers.
    const shape =
      few
        .map((line) => line.replace(/[\dA-F:./]+/g, ''))
        .sort()
        .join() + question.slice(0, 3);
    if (few.length < LINES_MIN || few.length > LINES_MAX || shapes.has(shape)) continue;
    shapes.add(shape);
    found++;
    const needs = few.some((line) => line.startsWith('vrf')) ? '\n  needs: vrf' : '';
    const body = few.map((line) => `    ${line}`).join('\n');
    process.stdout.write(
      `- id: F${found}\n  why: every line matters (seed ${seed})${needs}\n  state: |\n${body}\n  ask: { "${question}": "${want}" }\n`,
    );
    break;
  }
}
