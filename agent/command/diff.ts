/** `pvdscope diff BASE NEW`: which decisions two runs, two kernels or two builds answer otherwise. */

import { Command, InvalidArgumentError, Option } from 'commander';
import { sortByBaseline } from '../../src/expect/baseline.ts';
import { type Difference, diffFlows, type LadderOf } from '../../src/expect/diff.ts';
import { formatDiff, formatDiffNdjson } from '../../src/publish/report-diff.ts';
import { EXIT } from '../error.ts';
import { loadBaseline } from '../expect/baseline-file.ts';
import { isNdjson } from '../expect/envelope-file.ts';
import { flowsOf } from '../expect/flows-of.ts';
import { laddersOf } from '../expect/ladders.ts';
import { reportProblems } from './replay.ts';

interface DiffFlags {
  readonly baseline?: string;
  readonly format: 'text' | 'ndjson';
  readonly ladders: number;
}

export function diffCommand(): Command {
  return new Command('diff')
    .description('compare what two runs decided, flow by flow')
    .argument('<base>', 'trace, or NDJSON of `replay`')
    .argument('<new>', 'the same of another kernel, build or day')
    .option('--baseline <file>', 'differences that are accepted (YAML): only new ones fail')
    .addOption(new Option('--format <format>').choices(['text', 'ndjson']).default('text'))
    .option(
      '--ladders <n>',
      'of so many new differences, show how both answers came about',
      count,
      10,
    )
    .action((base: string, next: string, { baseline, format, ladders }: DiffFlags) => {
      const accepted = baseline === undefined ? [] : loadBaseline(baseline);
      const [a, b] = [flowsOf(base), flowsOf(next)];
      reportProblems(base, a.problems);
      reportProblems(next, b.problems);
      const today = new Date().toISOString().slice(0, 10);
      const sorted = sortByBaseline(diffFlows(a.flows, b.flows), accepted, today);
      const ladderOf = laddersFor(base, next, sorted.fresh.slice(0, ladders));
      process.stdout.write((format === 'text' ? formatDiff : formatDiffNdjson)(sorted, ladderOf));
      const seen = `${a.flows.decisions} and ${b.flows.decisions} decisions compared`;
      const refused = a.flows.refused + b.flows.refused;
      process.stderr.write(`${seen}${refused === 0 ? '' : `; ${refused} found no room`}\n`);
      const incomplete = a.incomplete || b.incomplete || refused > 0;
      const same = incomplete ? EXIT.incomplete : EXIT.ok;
      process.exitCode = sorted.fresh.length > 0 ? EXIT.failed : same;
    });
}

/** Ladders of both sides. From traces only: NDJSON has the answers, but not the state they were made from. */
export function laddersFor(
  base: string,
  next: string,
  differences: readonly Difference[],
): LadderOf {
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

export function count(value: string): number {
  if (/^\d{1,6}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('a number from 0 on is needed');
}
