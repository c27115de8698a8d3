/** `pvdscope report FILE`: a trace as one HTML file with the views of the live page. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { createPipeline, finish, snapshotsOf, step } from '../../src/pipeline.ts';
import { escapeTerminal } from '../../src/publish/escape.ts';
import { AgentError } from '../error.ts';
import { PACKAGE_ROOT } from '../paths.ts';
import { reportHtml } from '../report/html.ts';
import { createSelector } from '../report/selection.ts';
import { formatSummary } from '../sink/summary.ts';
import { readTrace, type TraceProblem } from '../trace/reader.ts';
import { reportProblems } from './replay.ts';

interface ReportFlags {
  readonly output?: string;
  readonly sizeMax: number;
}

export function reportCommand(): Command {
  return new Command('report')
    .description('a trace as one HTML file with the views of the live page; opens from disk')
    .argument('<file>', 'trace written by `pvdscope record`')
    .option('-o, --output <file>', 'where to write it (default: stdout)')
    .option('--size-max <MiB>', 'room for data; the newest and the telling stay', mebibytes, 24)
    .action((file: string, flags: ReportFlags) => report(file, flags));
}

function report(file: string, { output, sizeMax }: ReportFlags): void {
  const pipeline = createPipeline();
  const selector = createSelector(sizeMax * 2 ** 20);
  const problems: TraceProblem[] = [];
  for (const record of readTrace(file, (problem) => problems.push(problem))) {
    selector.take(step(pipeline, record));
  }
  selector.take(finish(pipeline));
  const selection = selector.finish(() => snapshotsOf(pipeline));
  const html = reportHtml(selection, join(PACKAGE_ROOT, 'dist/dashboards/live'));
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
