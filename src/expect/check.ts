/**
 * Judges observations against expectations as they come. A checker holds per expectation what it
 * needs to decide, never the observations themselves.
 */

import { describeDecision, describeRow } from './describe.ts';
import type { Expectation, ExpectationSet, ExpectDecision, State } from './expectation.ts';
import { isState } from './expectation.ts';
import { inKernelRange } from './kernel-range.ts';
import { isPicked, isRowOf, unlike } from './match.ts';
import type { TestResult } from './result.ts';
import type { SeenDecision, SeenRow } from './seen.ts';

export interface CheckOptions {
  /** Release of the kernel that is observed; learned later when absent. */
  readonly kernel?: string;
  /** Profile it is judged by; `linux` until a run tells another one. */
  readonly profile?: string;
  /** The name that expectations have for a netns; what is in others is not looked at. */
  readonly netnsName?: (fullName: string) => string | undefined;
}

export interface Checker {
  readonly set: ExpectationSet;
  kernel: string;
  profile: string;
  readonly netnsName: (fullName: string) => string | undefined;
  readonly tallies: readonly Tally[];
  readonly decisions: Verdicts;
  /** What the kernel made of RAs. */
  readonly ras: Verdicts;
}

export interface Verdicts {
  count: number;
  diverged: number;
  /** The first that diverged, in words. */
  readonly first: string[];
  /** By reason. */
  readonly undecided: Map<string, number>;
}

/** What is known so far of one expectation. */
export interface Tally {
  readonly expectation: Expectation;
  /** Matching rows there are now, by netns and key. */
  readonly now: Set<string>;
  /** Matching rows, decisions or findings so far. */
  count: number;
  /** Picked decisions whose answer was another one. */
  wrong: number;
  readonly examples: string[];
}

const EXAMPLES_MAX = 4;
/** Rows that one expectation follows: more than any topology has. */
const ROWS_MAX = 65_536;
const AGREES = 'no decision diverges from the model';
const RAS_AGREE = 'the kernel makes of every RA what the model does';

export function createChecker(set: ExpectationSet, options: CheckOptions = {}): Checker {
  return {
    set,
    kernel: options.kernel ?? '',
    profile: options.profile ?? 'linux',
    netnsName: options.netnsName ?? labName,
    tallies: set.expect.map((expectation) => ({
      expectation,
      now: new Set(),
      count: 0,
      wrong: 0,
      examples: [],
    })),
    decisions: noVerdicts(),
    ras: noVerdicts(),
  };
}

function noVerdicts(): Verdicts {
  return { count: 0, diverged: 0, first: [], undecided: new Map() };
}

function countVerdict(verdicts: Verdicts, verdict: string, describe: () => string): void {
  verdicts.count++;
  if (verdict === 'diverge') {
    verdicts.diverged++;
    if (verdicts.first.length < EXAMPLES_MAX) verdicts.first.push(describe());
  } else if (verdict !== 'agree') {
    verdicts.undecided.set(verdict, (verdicts.undecided.get(verdict) ?? 0) + 1);
  }
}

/** Namespaces of a topology are named `pvd-<run>-<number>-<name>`. */
export function labName(fullName: string): string {
  return fullName.replace(/^pvd-[0-9a-z]+-[0-9a-z]+-\d+-/, '');
}

/** A row is there or changed (`row`), or went (undefined). */
export function seeRow(
  checker: Checker,
  netns: string,
  key: string,
  row: SeenRow | undefined,
  object: SeenRow['object'],
): void {
  const name = checker.netnsName(netns);
  if (name === undefined) return;
  for (const tally of checker.tallies) {
    const { expectation, now } = tally;
    if (!isState(expectation) || !(object in expectation) || !isIn(expectation, name)) continue;
    const id = `${netns} ${object} ${key}`;
    if (row === undefined || !isRowOf(expectation, row)) {
      now.delete(id);
      continue;
    }
    tally.count++;
    if (now.size < ROWS_MAX) now.add(id);
    if (expectation.when === 'never') example(tally, describeRow(row));
  }
}

/** The state of a netns begins anew: what was there is no more. */
export function forgetRows(checker: Checker, netns: string): void {
  for (const { now } of checker.tallies) {
    for (const id of now) if (id.startsWith(`${netns} `)) now.delete(id);
  }
}

export function seeDecision(checker: Checker, seen: SeenDecision): void {
  const name = checker.netnsName(seen.netns);
  if (name === undefined) return;
  const { verdict, findings } = seen.answer;
  countVerdict(checker.decisions, verdict, () => describeDecision(seen));
  for (const tally of checker.tallies) {
    const { expectation } = tally;
    if (!isIn(expectation, name)) continue;
    if ('decision' in expectation) pick(tally, expectation, seen);
    else if ('finding' in expectation && findings.includes(expectation.finding)) {
      tally.count++;
      if (expectation.never) example(tally, describeDecision(seen));
    }
  }
}

/** What the kernel made of an RA: `differences` in words. */
export function seeRa(
  checker: Checker,
  netns: string,
  verdict: string,
  differences: readonly string[],
): void {
  if (checker.netnsName(netns) === undefined) return;
  countVerdict(checker.ras, verdict, () => differences.join('; '));
}

function pick(tally: Tally, expectation: ExpectDecision, seen: SeenDecision): void {
  if (!isPicked(expectation.decision, seen)) return;
  tally.count++;
  const fields = unlike(expectation.gives, seen.answer);
  if (fields.length > 0) tally.wrong++;
  const isWrong = expectation.which === 'no' ? fields.length === 0 : fields.length > 0;
  if (isWrong) {
    const what = fields.length === 0 ? '' : `: ${fields.join(', ')}`;
    example(tally, `${describeDecision(seen)}${what}`);
  }
}

/** Whether waiting longer could still help: something expected has not come. */
export function isWaiting(checker: Checker): boolean {
  return checker.tallies.some(
    (tally) =>
      skipReason(checker, tally.expectation) === undefined &&
      tally.expectation.xfail === undefined &&
      complaint(tally) !== undefined &&
      !isLost(tally),
  );
}

/** Whatever comes, it stays wrong. */
function isLost({ expectation, count, wrong }: Tally): boolean {
  if ('finding' in expectation) return expectation.never && count > 0;
  if ('when' in expectation) return expectation.when === 'never' && count > 0;
  return expectation.which === 'no' || (expectation.which === 'every' && wrong > 0);
}

/** First whether the kernel follows the model, then one result an expectation, in their order. */
export function resultsOf(checker: Checker): TestResult[] {
  return [
    agreement(AGREES, checker.decisions, 'no decision was seen'),
    agreement(RAS_AGREE, checker.ras, 'no RA was seen'),
    ...checker.tallies.map((tally) => resultOf(checker, tally)),
  ];
}

/** What is undecided does not agree: where all is, nothing was checked. */
function agreement(name: string, verdicts: Verdicts, none: string): TestResult {
  const { count, diverged, first } = verdicts;
  const open = undecided(verdicts);
  if (diverged > 0) {
    const details = [`${diverged} of ${count} diverge`, ...first];
    return { name, status: 'fail', reason: '', details };
  }
  const undecidedCount = [...verdicts.undecided.values()].reduce((a, b) => a + b, 0);
  if (undecidedCount < count) return { name, status: 'pass', reason: '', details: open };
  return { name, status: 'skip', reason: [none, ...open].at(-1) ?? none, details: open };
}

/**
 * Why what was seen proves less than it seems, if so. RAs do not count: what is not modelled of
 * them is told with their test.
 */
export function incompleteness({ decisions }: Checker): string | undefined {
  const parts = undecided(decisions);
  return parts.length === 0 ? undefined : parts.join(', ');
}

function undecided(verdicts: Verdicts): string[] {
  return [...verdicts.undecided].map(([reason, count]) => `${count} ${reason}`);
}

function resultOf(checker: Checker, tally: Tally): TestResult {
  const { name, place, xfail } = tally.expectation;
  const base = { name, place };
  const skip = skipReason(checker, tally.expectation);
  if (skip !== undefined) return { ...base, status: 'skip', reason: skip, details: [] };
  const wrong = complaint(tally);
  const details = wrong === undefined ? [] : [wrong, ...tally.examples];
  if (xfail === undefined) {
    return { ...base, status: wrong === undefined ? 'pass' : 'fail', reason: '', details };
  }
  return { ...base, status: wrong === undefined ? 'xpass' : 'xfail', reason: xfail, details };
}

function skipReason(checker: Checker, { kernel, profile }: Expectation): string | undefined {
  if (kernel !== undefined && !inKernelRange(kernel, checker.kernel)) {
    return `not for kernel ${checker.kernel}`;
  }
  if (profile !== undefined && !profile.includes(checker.profile)) {
    return `not for profile ${checker.profile}`;
  }
  return undefined;
}

/** What is wrong with an expectation as things stand. */
function complaint(tally: Tally): string | undefined {
  const { expectation, count, now } = tally;
  if ('decision' in expectation) return complaintOfDecision(tally, expectation);
  if ('finding' in expectation) {
    if (expectation.never) return count === 0 ? undefined : `it was found ${count} times`;
    return count > 0 ? undefined : 'it was never found';
  }
  return complaintOfRow(expectation, count, now.size);
}

function complaintOfRow({ when }: State, count: number, now: number): string | undefined {
  if (when === 'never') return count === 0 ? undefined : `it was seen ${count} times`;
  if (count === 0) return 'it was never seen';
  if (when === 'end' && now === 0) return 'it was seen, but has gone';
  return when === 'gone' && now > 0 ? 'it is still there' : undefined;
}

function complaintOfDecision(tally: Tally, expectation: ExpectDecision): string | undefined {
  const { count, wrong } = tally;
  const right = count - wrong;
  if (expectation.which === 'no') {
    return right === 0 ? undefined : `${right} of ${count} decisions have that answer`;
  }
  if (count < expectation.count) {
    return count === 0
      ? 'no such decision was seen'
      : `${count} such decisions were seen, at least ${expectation.count} are expected`;
  }
  if (expectation.which === 'some') {
    return right > 0 ? undefined : `none of ${count} decisions has that answer`;
  }
  return wrong === 0 ? undefined : `${wrong} of ${count} decisions have another answer`;
}

function isIn(expectation: Expectation, netns: string): boolean {
  return expectation.in === undefined || expectation.in === netns;
}

function example(tally: Tally, text: string): void {
  if (tally.examples.length < EXAMPLES_MAX) tally.examples.push(text);
}
