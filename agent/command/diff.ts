/** `pvdscope diff BASE NEW`: which decisions two runs, two kernels or two builds answer otherwise. */

import { Command, InvalidArgumentError, Option } from 'commander';
import { escapeJson } from '../../src/publish/escape.ts';
import { formatDiff, formatDiffNdjson } from '../../src/publish/report-diff.ts';
import { EXIT } from '../error.ts';
import { type ComparedFiles, compareFiles } from '../expect/compared-files.ts';
import { reportProblems } from './replay.ts';

const FORMATS = {
  text: ({ sorted, ladderOf }: ComparedFiles) => formatDiff(sorted, ladderOf),
  ndjson: ({ sorted, ladderOf }: ComparedFiles) => formatDiffNdjson(sorted, ladderOf),
  /** What the Compare view of the page opens. */
  json: ({ comparison }: ComparedFiles) => `${escapeJson(JSON.stringify(comparison()))}\n`,
};

interface DiffFlags {
  readonly baseline?: string;
  readonly format: keyof typeof FORMATS;
  readonly ladders: number;
}

export function diffCommand(): Command {
  return new Command('diff')
    .description('compare what two runs decided, flow by flow')
    .argument('<base>', 'trace, or NDJSON of `replay`')
    .argument('<new>', 'the same of another kernel, build or day')
    .option('--baseline <file>', 'differences that are accepted (YAML): only new ones fail')
    .addOption(new Option('--format <format>').choices(Object.keys(FORMATS)).default('text'))
    .option(
      '--ladders <n>',
      'of so many new differences, show how both answers came about',
      count,
      10,
    )
    .action((base: string, next: string, flags: DiffFlags) => diff(base, next, flags));
}

function diff(base: string, next: string, flags: DiffFlags): void {
  const compared = compareFiles(base, next, flags);
  const [a, b] = [compared.base, compared.next];
  reportProblems(base, a.problems);
  reportProblems(next, b.problems);
  process.stdout.write(FORMATS[flags.format](compared));
  const seen = `${a.flows.decisions} and ${b.flows.decisions} decisions compared`;
  const refused = a.flows.refused + b.flows.refused;
  process.stderr.write(`${seen}${refused === 0 ? '' : `; ${refused} found no room`}\n`);
  const incomplete = a.incomplete || b.incomplete || refused > 0;
  const same = incomplete ? EXIT.incomplete : EXIT.ok;
  process.exitCode = compared.sorted.fresh.length > 0 ? EXIT.failed : same;
}

export function count(value: string): number {
  if (/^\d{1,6}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('a number from 0 on is needed');
}
