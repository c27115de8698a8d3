/** What `run`, `record` and `replay` say at their end. */

import { type Pipeline, statsOf } from '../../src/pipeline.ts';
import { EXIT } from '../error.ts';

/** Records, decisions, verdicts and losses, for stderr. */
export function formatSummary(pipeline: Pipeline): string {
  const stats = statsOf(pipeline);
  const { agree, diverge, undecided } = stats.verdicts;
  const reasons = Object.entries(undecided).map(([reason, count]) => `${count} ${reason}`);
  const undecidedText = reasons.length === 0 ? '0 undecided' : `undecided: ${reasons.join(', ')}`;
  const malformed = Object.values(stats.malformed).reduce((a, b) => a + b, 0);
  return [
    `${stats.records} records, ${stats.lost} lost, ${malformed} malformed, ${stats.unknown} unknown\n`,
    `${stats.decisions} decisions: ${agree} agree, ${diverge} diverge, ${undecidedText}`,
    stats.incomplete === 0 ? '\n' : `; ${stats.incomplete} incomplete\n`,
  ].join('');
}

/** 1 when something diverged, 5 when records were lost, else 0. */
export function summaryExitCode(pipeline: Pipeline): number {
  const { verdicts, lost } = statsOf(pipeline);
  if (verdicts.diverge > 0) return EXIT.failed;
  return lost > 0 ? EXIT.incomplete : EXIT.ok;
}
