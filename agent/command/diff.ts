/** `pvdscope diff BASE NEW`: which decisions two runs, two kernels or two builds answer otherwise. */

import { Command, Option } from 'commander';
import { sortByBaseline } from '../../src/expect/baseline.ts';
import { labName } from '../../src/expect/check.ts';
import { addToFlows, diffFlows, type FlowTable, noFlows } from '../../src/expect/diff.ts';
import { nameEnvelope, noNames } from '../../src/expect-stage.ts';
import { formatDiff, formatDiffNdjson } from '../../src/publish/report-diff.ts';
import { EXIT } from '../error.ts';
import { loadBaseline } from '../expect/baseline-file.ts';
import { envelopesOf } from '../expect/envelope-file.ts';
import type { TraceProblem } from '../trace/reader.ts';
import { reportProblems } from './replay.ts';

interface DiffFlags {
  readonly baseline?: string;
  readonly format: 'text' | 'ndjson';
}

interface Run {
  readonly flows: FlowTable;
  /** Records lost, parts damaged: the run may lack decisions. */
  readonly incomplete: boolean;
}

export function diffCommand(): Command {
  return new Command('diff')
    .description('compare what two runs decided, flow by flow')
    .argument('<base>', 'trace, or NDJSON of `replay`')
    .argument('<new>', 'the same of another kernel, build or day')
    .option('--baseline <file>', 'differences that are accepted (YAML): only new ones fail')
    .addOption(new Option('--format <format>').choices(['text', 'ndjson']).default('text'))
    .action((base: string, next: string, { baseline, format }: DiffFlags) => {
      const accepted = baseline === undefined ? [] : loadBaseline(baseline);
      const [a, b] = [flowsOf(base), flowsOf(next)];
      const today = new Date().toISOString().slice(0, 10);
      const sorted = sortByBaseline(diffFlows(a.flows, b.flows), accepted, today);
      process.stdout.write((format === 'text' ? formatDiff : formatDiffNdjson)(sorted));
      const seen = `${a.flows.decisions} and ${b.flows.decisions} decisions compared`;
      const refused = a.flows.refused + b.flows.refused;
      process.stderr.write(`${seen}${refused === 0 ? '' : `; ${refused} found no room`}\n`);
      const incomplete = a.incomplete || b.incomplete || refused > 0;
      const same = incomplete ? EXIT.incomplete : EXIT.ok;
      process.exitCode = sorted.fresh.length > 0 ? EXIT.failed : same;
    });
}

function flowsOf(file: string): Run {
  const flows = noFlows();
  const names = noNames();
  const problems: TraceProblem[] = [];
  for (const envelope of envelopesOf(file, (problem) => problems.push(problem))) {
    const seen = nameEnvelope(names, envelope);
    if (seen) addToFlows(flows, seen, labName(seen.netns));
  }
  reportProblems(file, problems);
  return { flows, incomplete: problems.length > 0 || names.lost > 0 };
}
