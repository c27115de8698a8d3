/** `pvdscope report FILE`: a trace as one HTML file with the views of the live page. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { createPipeline, finish, snapshotsOf, step } from '../../src/pipeline.ts';
import { decisionLines } from '../../src/present-explain.ts';
import type { Comparison } from '../../src/publish/comparison.ts';
import { escapeTerminal } from '../../src/publish/escape.ts';
import type { ReportData } from '../../src/publish/report-data.ts';
import { AgentError } from '../error.ts';
import { compareFiles } from '../expect/compared-files.ts';
import { laddersOf } from '../expect/ladders.ts';
import { PACKAGE_ROOT } from '../paths.ts';
import { reportHtml } from '../report/html.ts';
import { createSelector, type Selection } from '../report/selection.ts';
import { formatSummary } from '../sink/summary.ts';
import { readTrace, type TraceProblem } from '../trace/reader.ts';
import { scriptOf } from './decision-script.ts';
import { count } from './diff.ts';
import { reportProblems } from './replay.ts';

interface ReportFlags {
  readonly output?: string;
  readonly sizeMax: number;
  readonly explain: number;
  readonly compare?: string;
  readonly baseline?: string;
}

/** Of the room, for explanations and comparison; the run has the rest. */
const EXTRA_SHARE = 1 / 4;
/** New differences whose ladders are shown. */
const LADDERS_MAX = 200;
/** Decisions that get a script: each holds the whole state it was made in. */
const SCRIPTS_MAX = 50;

export function reportCommand(): Command {
  return new Command('report')
    .description('a trace as one HTML file with the views of the live page; opens from disk')
    .argument('<file>', 'trace written by `pvdscope record`')
    .option('-o, --output <file>', 'where to write it (default: stdout)')
    .option('--size-max <MiB>', 'room for data; the newest and the telling stay', mebibytes, 24)
    .option(
      '--explain <n>',
      'rule ladders of so many decisions, the telling ones first',
      count,
      200,
    )
    .option('--compare <base>', 'show beside it what another run (trace, NDJSON) decided otherwise')
    .option('--baseline <file>', 'with --compare: differences that are accepted (YAML)')
    .action((file: string, flags: ReportFlags) => report(file, flags));
}

function report(file: string, flags: ReportFlags): void {
  const { output, sizeMax, explain, compare, baseline } = flags;
  const pipeline = createPipeline();
  const selector = createSelector(sizeMax * 2 ** 20 * (1 - EXTRA_SHARE));
  const problems: TraceProblem[] = [];
  for (const record of readTrace(file, (problem) => problems.push(problem))) {
    selector.take(step(pipeline, record));
  }
  selector.take(finish(pipeline));
  const selection = selector.finish(() => snapshotsOf(pipeline));
  const room = (sizeMax * 2 ** 20 * EXTRA_SHARE) / 2;
  const told = explain === 0 ? [] : explanations(file, selection, explain);
  const data: ReportData = {
    explanations: fitting(
      told.map(({ seq, lines }) => [seq, lines] as const),
      room / 2,
    ),
    scripts: fitting(
      told.flatMap(({ seq, script }) => (script === undefined ? [] : [[seq, script] as const])),
      room / 2,
    ),
    comparison: compare === undefined ? null : comparison(compare, file, baseline),
  };
  const html = reportHtml(selection, join(PACKAGE_ROOT, 'dist/dashboards/live'), data);
  if (output === undefined) process.stdout.write(html);
  else write(output, html);
  reportProblems(file, problems);
  process.stderr.write(formatSummary(pipeline));
  if (selection.omitted > 0) {
    process.stderr.write(
      `pvdscope: ${selection.omitted} envelopes had no room in ${sizeMax} MiB (--size-max)\n`,
    );
  }
}

interface Told {
  readonly seq: number;
  readonly lines: readonly string[];
  readonly script: string | undefined;
}

function explanations(file: string, { decisions }: Selection, max: number): Told[] {
  const seqs = decisions.slice(0, max);
  const scripted = new Set(seqs.slice(0, SCRIPTS_MAX));
  const scripts = new Map<number, string>();
  const told = laddersOf(file, new Set(seqs), ({ target, parts }) => {
    const script = scripted.has(target.seq) ? scriptOf(target, parts) : undefined;
    if (script !== undefined) scripts.set(target.seq, script);
    return decisionLines(target, parts);
  });
  return seqs.flatMap((seq) => {
    const lines = told.get(seq);
    return lines === undefined ? [] : [{ seq, lines, script: scripts.get(seq) }];
  });
}

/** The first that have room for so many characters. */
function fitting<T>(entries: readonly (readonly [number, T])[], room: number): Record<string, T> {
  let left = room;
  const kept = entries.filter((entry) => {
    left -= JSON.stringify(entry).length;
    return left >= 0;
  });
  return Object.fromEntries(kept);
}

function comparison(base: string, next: string, baseline: string | undefined): Comparison {
  const compared = compareFiles(base, next, { baseline, ladders: LADDERS_MAX });
  reportProblems(base, compared.base.problems);
  return compared.comparison();
}

function write(output: string, html: string): void {
  try {
    writeFileSync(output, html);
  } catch (cause) {
    throw new AgentError({
      code: 'PVD_ERR_REPORT_WRITE',
      op: `write ${output}`,
      message: `cannot write ${escapeTerminal(output)}: ${(cause as Error).message}`,
      cause,
    });
  }
}

function mebibytes(value: string): number {
  const number = Number(value);
  if (Number.isFinite(number) && number >= 1 && number <= 200) return number;
  throw new InvalidArgumentError('a number from 1 to 200 is needed');
}
