/** `pvdscope replay FILE`: the envelopes of a trace, byte for byte those of the live run. */

import { Command } from 'commander';
import { createPipeline, finish, type Pipeline, step } from '../../src/pipeline.ts';
import { escapeTerminal } from '../../src/publish/escape.ts';
import type { Filter } from '../../src/publish/filter.ts';
import { EXIT } from '../error.ts';
import { createLineSink, filterOption, formatOption, type LineFormat } from '../sink/format.ts';
import { formatSummary, summaryExitCode } from '../sink/summary.ts';
import { readBatches, type TraceProblem } from '../trace/reader.ts';

export function replayCommand(): Command {
  return new Command('replay')
    .description('judge a recorded trace again, without privileges')
    .argument('<file>', 'trace written by `pvdscope record`')
    .addOption(formatOption().default('text'))
    .addOption(filterOption())
    .action(async (file: string, options: { format: LineFormat; filter?: Filter }) => {
      process.exitCode = await replay(file, options);
    });
}

async function replay(
  file: string,
  { format, filter }: { format: LineFormat; filter?: Filter },
): Promise<number> {
  const sink = createLineSink(format, process.stdout, filter ? { filter } : {});
  const pipeline = createPipeline();
  const problems: TraceProblem[] = [];
  for (const records of readBatches(file, (problem) => problems.push(problem))) {
    sink.write(records.flatMap((record) => step(pipeline, record)));
    if (sink.full) await sink.drained();
  }
  sink.write(finish(pipeline));
  reportProblems(file, problems);
  process.stderr.write(formatSummary(pipeline));
  return exitCodeOf(pipeline, problems);
}

/** Says on stderr what is wrong with a trace, and where. */
export function reportProblems(file: string, problems: readonly TraceProblem[]): void {
  for (const { kind, offset, message } of problems) {
    process.stderr.write(
      `pvdscope: ${escapeTerminal(file)}: ${kind} at offset ${offset}: ${message} [PVD_ERR_TRACE_DAMAGED]\n`,
    );
  }
  if (problems.length > 0) {
    process.stderr.write('  hint: all intact records were used; what was damaged is missing\n');
  }
}

function exitCodeOf(pipeline: Pipeline, problems: readonly TraceProblem[]): number {
  const code = summaryExitCode(pipeline);
  return code === EXIT.ok && problems.length > 0 ? EXIT.incomplete : code;
}
