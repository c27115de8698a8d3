/** Model against kernel on random states; a difference is shrunk to its smallest state. */

import { createModelState } from '../../src/model/model-state.ts';
import { createModel, type Model } from '../../src/model/predict.ts';
import { LINUX, withQuirks } from '../../src/model/profile.ts';
import {
  type KernelAnswer,
  kernelPlain,
  modelAnswers,
  parseAsk,
  plainText,
  samePlain,
  stateOf,
} from '../case/answer.ts';
import { type IpState, toSnapshot } from '../case/ip-state.ts';
import { askKernel, calibrate } from '../case/kernel.ts';
import { habitsOf, quirksOf, type Traits } from '../case/model-case.ts';
import { fuzzCase } from './model-fuzz.ts';

export interface FuzzReport {
  readonly traits: Traits;
  readonly states: number;
  readonly lookups: number;
  /** Answers for which the model allowed exactly one. */
  readonly exact: number;
  /** States the kernel refused, by reason. */
  readonly refused: ReadonlyMap<string, number>;
  readonly differences: readonly Difference[];
}

/** A question the two answer differently, with the lines that matter. */
export interface Difference {
  readonly seed: number;
  readonly lines: readonly string[];
  readonly question: string;
  readonly kernel: string;
  readonly model: string;
}

/** States handed to the kernel at once. */
const BATCH = 10;
/** Differences worth shrinking in one run. */
const DIFFERENCES_MAX = 8;

export function runFuzz(
  first: number,
  states: number,
  questions: number,
  tell: (line: string) => void,
): FuzzReport {
  const traits = calibrate();
  const refused = new Map<string, number>();
  const differences: Difference[] = [];
  let done = 0;
  let lookups = 0;
  let exact = 0;
  for (let at = first; at < first + states; at += BATCH) {
    const seeds = Array.from({ length: Math.min(BATCH, first + states - at) }, (_, i) => at + i);
    const cases = seeds.map((seed) => ({
      seed,
      ...fuzzCase({ seed, questions, vrf: traits.vrf }),
    }));
    const answers = askKernel(
      cases.map((c) => ({ id: `${c.seed}`, lines: c.lines, asks: c.questions.map(parseAsk) })),
    );
    for (const c of cases) {
      const answered = answers.get(`${c.seed}`);
      if (answered?.answers === undefined) {
        const why = answered?.skip ?? 'no answer';
        refused.set(why, (refused.get(why) ?? 0) + 1);
        continue;
      }
      done++;
      const { state, model } = modelOf(c.lines, traits);
      for (const [i, question] of c.questions.entries()) {
        lookups++;
        const allowed = modelAnswers(model, state, parseAsk(question));
        if (allowed.length === 1) exact++;
        const answer = kernelPlain(state, answered.answers[i] as KernelAnswer);
        if (allowed.some((a) => samePlain(a, answer))) continue;
        if (differences.length >= DIFFERENCES_MAX) continue;
        differences.push({ seed: c.seed, ...shrink(c.lines, question, traits) });
        tell(differenceText(differences.at(-1) as Difference));
        break;
      }
    }
    tell(`${done} states, ${lookups} lookups, ${differences.length} differences`);
  }
  return { traits, states: done, lookups, exact, refused, differences };
}

function modelOf(lines: readonly string[], traits: Traits): { state: IpState; model: Model } {
  const { state } = stateOf(lines.join('\n'), habitsOf(traits));
  return {
    state,
    model: createModel(createModelState(toSnapshot(state)), withQuirks(LINUX, quirksOf(traits))),
  };
}

/** Takes lines away as long as the difference stays. */
function shrink(
  all: readonly string[],
  question: string,
  traits: Traits,
): Omit<Difference, 'seed'> {
  let lines = [...all];
  let known = differs(lines, question, traits) ?? { kernel: '(not seen again)', model: '' };
  for (let at = lines.length - 1; at > 0; at--) {
    const fewer = lines.filter((_, i) => i !== at);
    const still = differs(fewer, question, traits);
    if (still === undefined) continue;
    lines = fewer;
    known = still;
  }
  return { lines, question, ...known };
}

function differs(
  lines: readonly string[],
  question: string,
  traits: Traits,
): { kernel: string; model: string } | undefined {
  try {
    const { state, model } = modelOf(lines, traits);
    const answer = askKernel([{ id: 'x', lines, asks: [parseAsk(question)] }]).get('x')
      ?.answers?.[0];
    if (answer === undefined) return undefined;
    const kernel = kernelPlain(state, answer);
    const allowed = modelAnswers(model, state, parseAsk(question));
    if (allowed.some((a) => samePlain(a, kernel))) return undefined;
    return { kernel: plainText(kernel), model: allowed.map(plainText).join(' | ') };
  } catch {
    return undefined;
  }
}

function differenceText(d: Difference): string {
  const lines = d.lines.map((line) => `    ${line}`).join('\n');
  return `difference, seed ${d.seed}:\n${lines}\n  ${d.question}\n    kernel: ${d.kernel}\n    model:  ${d.model}`;
}
