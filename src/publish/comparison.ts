/** Two runs beside each other, as a page shows them. */

import type { Sorted } from '../expect/baseline.ts';
import {
  answerText,
  type Difference,
  describeFlow,
  type FlowAnswer,
  type LadderOf,
} from '../expect/diff.ts';
import { alignLines } from './side-by-side.ts';

export interface ComparedRun {
  /** Of its file. */
  readonly name: string;
  readonly kernel: string;
  readonly decisions: number;
}

export interface ComparedAnswer {
  readonly text: string;
  readonly count: number;
  /** Of the first decision answered so. */
  readonly seq: number;
}

/** One flow that was answered differently; a side that never saw it is null. */
export interface ComparedFlow {
  readonly cause: Difference['cause'];
  readonly flow: string;
  readonly base: readonly ComparedAnswer[] | null;
  readonly next: readonly ComparedAnswer[] | null;
  /** Why a baseline accepts it. */
  readonly accepted: string | null;
  /** How both answers came about, rows of two lines; null: this side has no such line. */
  readonly ladders: readonly (readonly [base: string | null, next: string | null])[];
}

export interface Comparison {
  readonly base: ComparedRun;
  readonly next: ComparedRun;
  readonly flows: readonly ComparedFlow[];
  /** Further flows that differ, without room here. */
  readonly omitted: number;
}

/** Flows of a comparison. */
const FLOWS_MAX = 2000;
/** Answers of one side of a flow. */
const ANSWERS_MAX = 16;

/** Names from outside stay as they are: the page escapes. */
export function comparisonOf(
  base: ComparedRun,
  next: ComparedRun,
  { fresh, accepted }: Sorted,
  ladderOf: LadderOf,
): Comparison {
  const all = [
    ...fresh.map((difference) => comparedFlow(difference, null, ladderOf)),
    ...accepted.map(({ difference, by }) => comparedFlow(difference, by.reason, ladderOf)),
  ];
  const flows = all.slice(0, FLOWS_MAX);
  return { base, next, flows, omitted: all.length - flows.length };
}

function comparedFlow(
  difference: Difference,
  accepted: string | null,
  ladderOf: LadderOf,
): ComparedFlow {
  const { cause, flow, base, next, examples } = difference;
  const ladders = ladderOf(difference);
  const rows = ladders === undefined ? [] : alignLines(ladders.base, ladders.next);
  return {
    cause,
    flow: describeFlow(flow),
    base: examples.base === null ? null : answersOf(base),
    next: examples.next === null ? null : answersOf(next),
    accepted,
    ladders: rows.map(([a, b]) => [a ?? null, b ?? null]),
  };
}

function answersOf(answers: readonly FlowAnswer[]): ComparedAnswer[] {
  const kept = answers.slice(0, ANSWERS_MAX);
  return kept.map(({ answer, count, seq }) => ({ text: answerText(answer), count, seq }));
}
