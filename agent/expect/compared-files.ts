/** Two recorded runs compared: what both verbs that do so have in common. */

import { basename } from 'node:path';
import { type Sorted, sortByBaseline } from '../../src/expect/baseline.ts';
import { type Difference, diffFlows, type LadderOf } from '../../src/expect/diff.ts';
import { type ComparedRun, type Comparison, comparisonOf } from '../../src/publish/comparison.ts';
import { loadBaseline } from './baseline-file.ts';
import { isNdjson } from './envelope-file.ts';
import { type DecidedRun, flowsOf } from './flows-of.ts';
import { laddersOf } from './ladders.ts';

export interface ComparedFiles {
  readonly base: DecidedRun;
  readonly next: DecidedRun;
  readonly sorted: Sorted;
  readonly ladderOf: LadderOf;
  /** As a page shows it. */
  readonly comparison: () => Comparison;
}

export interface CompareOptions {
  /** File of accepted differences. */
  readonly baseline?: string | undefined;
  /** New differences that get the ladders of both sides. */
  readonly ladders: number;
}

/** Of traces or NDJSON. @throws AgentError `PVD_ERR_TRACE_*` `PVD_ERR_NDJSON` `PVD_ERR_YAML` */
export function compareFiles(
  baseFile: string,
  nextFile: string,
  { baseline, ladders }: CompareOptions,
): ComparedFiles {
  const accepted = baseline === undefined ? [] : loadBaseline(baseline);
  const [base, next] = [flowsOf(baseFile), flowsOf(nextFile)];
  const today = new Date().toISOString().slice(0, 10);
  const sorted = sortByBaseline(diffFlows(base.flows, next.flows), accepted, today);
  const ladderOf = laddersFor(baseFile, nextFile, sorted.fresh.slice(0, ladders));
  const comparison = (): Comparison =>
    comparisonOf(runOf(baseFile, base), runOf(nextFile, next), sorted, ladderOf);
  return { base, next, sorted, ladderOf, comparison };
}

function runOf(file: string, { kernel, flows }: DecidedRun): ComparedRun {
  return { name: basename(file), kernel, decisions: flows.decisions };
}

/** Ladders of both sides. From traces only: NDJSON has the answers, but not the state they were made from. */
function laddersFor(base: string, next: string, differences: readonly Difference[]): LadderOf {
  const of = (file: string, side: 'base' | 'next') => {
    const seqs = new Set(differences.flatMap(({ examples }) => examples[side] ?? []));
    return isNdjson(file) ? new Map<number, string[]>() : laddersOf(file, seqs);
  };
  const [left, right] = [of(base, 'base'), of(next, 'next')];
  const shown = new Set(differences);
  return (difference) => {
    const { examples } = difference;
    const [a, b] = [left.get(examples.base ?? -1) ?? [], right.get(examples.next ?? -1) ?? []];
    const isKnown = shown.has(difference) && a.length + b.length > 0;
    return isKnown ? { base: a, next: b } : undefined;
  };
}
