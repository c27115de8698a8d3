/** What `run`, `record` and `replay` say at their end. */

import { type Pipeline, statsOf } from '../../src/pipeline.ts';
import type { StatsData } from '../../src/publish/envelope.ts';
import { EXIT } from '../error.ts';
import { formatShare } from './status.ts';

/** Records, decisions, verdicts and losses, for stderr. */
export function formatSummary(pipeline: Pipeline): string {
  const stats = statsOf(pipeline);
  const ras = sumOf(stats.raVerdicts);
  const malformed = Object.values(stats.malformed).reduce((a, b) => a + b, 0);
  return [
    `${stats.records} records, ${stats.lost} lost, ${malformed} malformed, ${stats.unknown} unknown\n`,
    stats.skipped === undefined ? '' : `${stats.skipped} runs of hooks skipped by the kernel\n`,
    `${stats.decisions} decisions: ${formatVerdicts(stats.verdicts)}`,
    stats.incomplete === 0 ? '\n' : `; ${stats.incomplete} incomplete\n`,
    `${formatShare(stats.judgedShare)} of all decisions judged`,
    stats.leftOut === 0 ? '\n' : `; ${stats.leftOut} left out while the ring was filling\n`,
    ras === 0 ? '' : `${ras} RAs: ${formatVerdicts(stats.raVerdicts)}\n`,
  ].join('');
}

function formatVerdicts({ agree, diverge, undecided }: StatsData['verdicts']): string {
  const reasons = Object.entries(undecided).map(([reason, count]) => `${count} ${reason}`);
  const open = reasons.length === 0 ? '0 undecided' : `undecided: ${reasons.join(', ')}`;
  return `${agree} agree, ${diverge} diverge, ${open}`;
}

function sumOf({ agree, diverge, undecided }: StatsData['verdicts']): number {
  return Object.values(undecided).reduce((sum, count) => sum + count, agree + diverge);
}

/** 1 when a decision or what an RA did diverged, 5 when records were lost, else 0. */
export function summaryExitCode(pipeline: Pipeline): number {
  const { verdicts, raVerdicts, lost } = statsOf(pipeline);
  if (verdicts.diverge + raVerdicts.diverge > 0) return EXIT.failed;
  return lost > 0 ? EXIT.incomplete : EXIT.ok;
}
