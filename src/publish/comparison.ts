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

/** What a file holds that `pvdscope diff --format json` wrote; undefined when it is something else. */
export function parseComparison(text: string): Comparison | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isComparison(value) ? value : undefined;
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): boolean => typeof value === 'string';
const isTextOrNull = (value: unknown): boolean => value === null || isText(value);
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isListOf = (value: unknown, is: (item: unknown) => boolean, max: number): boolean =>
  Array.isArray(value) && value.length <= max && value.every(is);

function isComparison(value: unknown): value is Comparison {
  if (!isFields(value)) return false;
  const { base, next, flows, omitted } = value;
  return isRun(base) && isRun(next) && isListOf(flows, isFlow, FLOWS_MAX) && isCount(omitted);
}

function isRun(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { name, kernel, decisions } = value;
  return isText(name) && isText(kernel) && isCount(decisions);
}

function isFlow(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { cause, flow, base, next, accepted, ladders } = value;
  const isSide = (side: unknown) => side === null || isListOf(side, isAnswer, ANSWERS_MAX);
  const isRow = (row: unknown) =>
    Array.isArray(row) && row.length === 2 && row.every((cell) => isTextOrNull(cell));
  return (
    [cause, flow].every(isText) &&
    [base, next].every(isSide) &&
    isTextOrNull(accepted) &&
    isListOf(ladders, isRow, Number.POSITIVE_INFINITY)
  );
}

function isAnswer(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { text, count, seq } = value;
  return isText(text) && isCount(count) && isCount(seq);
}
