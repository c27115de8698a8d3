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
import { type Asker, calibrationJobs, type KernelCase, traitsOf } from '../case/kernel.ts';
import { habitsOf, quirksOf, type Traits } from '../case/model-case.ts';
import { type FuzzCase, fuzzCase } from './model-fuzz.ts';

export interface FuzzOptions {
  readonly ask: Asker;
  /** First seed; each state has one of its own. */
  readonly first: number;
  readonly states: number;
  /** For each state. */
  readonly questions: number;
  /** States handed to the kernel at once. */
  readonly batch: number;
  /** The kernel has VRFs. */
  readonly vrf: boolean;
  readonly tell: (line: string) => void;
}

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

/** Differences worth shrinking in one run. */
const DIFFERENCES_MAX = 8;
/** States between two lines of progress. */
const PROGRESS = 10;

interface Tally {
  readonly refused: Map<string, number>;
  readonly found: Difference[];
  states: number;
  lookups: number;
  exact: number;
}

export async function runFuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { ask, first, states, batch, tell } = options;
  const tally: Tally = { refused: new Map(), found: [], states: 0, lookups: 0, exact: 0 };
  let traits: Traits | undefined;
  for (let at = first; at < first + states; at += batch) {
    const cases = new Map<string, FuzzCase>();
    for (let seed = at; seed < Math.min(at + batch, first + states); seed++)
      cases.set(`${seed}`, fuzzCase({ ...options, seed }));
    const jobs = [...cases].map(([id, c]) => ({
      id,
      lines: c.lines,
      asks: c.questions.map(parseAsk),
    }));
    const told = new Map<string, KernelCase>();
    await ask([...(traits === undefined ? calibrationJobs() : []), ...jobs], (answered) => {
      const asked = cases.get(answered.id);
      if (asked === undefined) {
        told.set(answered.id, answered);
        return;
      }
      traits ??= traitsOf(told);
      compare(tally, answered, asked, traits);
      if ((tally.states + sum(tally.refused)) % PROGRESS === 0) tell(progress(tally));
    });
  }
  tell(progress(tally));
  if (traits === undefined) throw new Error('the kernel answered nothing');
  const differences: Difference[] = [];
  for (const found of tally.found.slice(0, DIFFERENCES_MAX)) {
    const small = await shrink(ask, found, traits);
    differences.push(small);
    tell(differenceText(small));
  }
  const { refused, lookups, exact } = tally;
  return { traits, states: tally.states, lookups, exact, refused, differences };
}

const sum = (counts: ReadonlyMap<string, number>): number =>
  [...counts.values()].reduce((a, b) => a + b, 0);

function progress({ states, lookups, found }: Tally): string {
  return `${states} states, ${lookups} lookups, ${found.length} states with a difference`;
}

function compare(tally: Tally, answered: KernelCase, asked: FuzzCase, traits: Traits): void {
  if (answered.answers === undefined) {
    const why = answered.skip ?? 'no answer';
    tally.refused.set(why, (tally.refused.get(why) ?? 0) + 1);
    return;
  }
  tally.states++;
  const { state, model } = modelOf(asked.lines, traits);
  let different = false;
  for (const [i, question] of asked.questions.entries()) {
    tally.lookups++;
    const allowed = modelAnswers(model, state, parseAsk(question));
    if (allowed.length === 1) tally.exact++;
    const answer = kernelPlain(state, answered.answers[i] as KernelAnswer);
    if (different || allowed.some((a) => samePlain(a, answer))) continue;
    different = true;
    tally.found.push({
      seed: Number(answered.id),
      lines: asked.lines,
      question,
      kernel: plainText(answer),
      model: allowed.map(plainText).join(' | '),
    });
  }
}

function modelOf(lines: readonly string[], traits: Traits): { state: IpState; model: Model } {
  const { state } = stateOf(lines.join('\n'), habitsOf(traits));
  return {
    state,
    model: createModel(createModelState(toSnapshot(state)), withQuirks(LINUX, quirksOf(traits))),
  };
}

/**
 * Takes lines away as long as the difference stays. Each round asks for all states with one
 * line less, and for the one without any line that could go, so that few rounds are enough.
 */
async function shrink(ask: Asker, all: Difference, traits: Traits): Promise<Difference> {
  let known = all;
  for (;;) {
    const { lines } = known;
    const fewer = lines.map((_, i) => lines.filter((_, j) => i !== j)).slice(1);
    const answers = await differences(ask, fewer, all.question, traits);
    const can = fewer.filter((_, i) => answers[i] !== undefined);
    if (can.length === 0) return known;
    const gone = new Set(can.map((kept) => lines.find((line) => !kept.includes(line))));
    const least = lines.filter((line) => !gone.has(line));
    const [told] = can.length > 1 ? await differences(ask, [least], all.question, traits) : [];
    const one = can[0] as string[];
    known =
      told === undefined
        ? { ...known, lines: one, ...answers[fewer.indexOf(one)] }
        : { ...known, lines: least, ...told };
  }
}

type Told = Pick<Difference, 'kernel' | 'model'>;

async function differences(
  ask: Asker,
  states: readonly (readonly string[])[],
  question: string,
  traits: Traits,
): Promise<(Told | undefined)[]> {
  const asks = [parseAsk(question)];
  const answers = await ask(states.map((lines, i) => ({ id: `${i}`, lines, asks })));
  return states.map((lines, i) => {
    const answer = answers.get(`${i}`)?.answers?.[0];
    if (answer === undefined) return undefined;
    try {
      const { state, model } = modelOf(lines, traits);
      const kernel = kernelPlain(state, answer);
      const allowed = modelAnswers(model, state, parseAsk(question));
      if (allowed.some((a) => samePlain(a, kernel))) return undefined;
      return { kernel: plainText(kernel), model: allowed.map(plainText).join(' | ') };
    } catch {
      return undefined;
    }
  });
}

function differenceText(d: Difference): string {
  const lines = d.lines.map((line) => `    ${line}`).join('\n');
  return `difference, seed ${d.seed}:\n${lines}\n  ${d.question}\n    kernel: ${d.kernel}\n    model:  ${d.model}`;
}
