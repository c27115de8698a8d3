/** Totals of a run. */

import type { KernelEvent } from './decode/event.ts';
import { type Loss, totalLoss } from './loss.ts';
import type { StatsData } from './publish/envelope.ts';
import type { Change } from './state/change.ts';
import { isDrift } from './state/drift.ts';
import type { World } from './state/world.ts';
import { noVerdicts, type VerdictCounts } from './verify/verdict.ts';

export interface Stats {
  records: number;
  readonly byKind: Record<string, number>;
  unknown: number;
  readonly malformed: Record<string, number>;
  decisions: number;
  incomplete: number;
  readonly verdicts: VerdictCounts;
  /** Of RAs. */
  readonly raVerdicts: VerdictCounts;
  /** Findings, by code. */
  readonly findings: Record<string, number>;
  /** Rows that reconciling dumps found different, by table. */
  readonly drift: Record<string, number>;
}

export function noStats(): Stats {
  return {
    records: 0,
    byKind: {},
    unknown: 0,
    malformed: {},
    decisions: 0,
    incomplete: 0,
    verdicts: noVerdicts(),
    raVerdicts: noVerdicts(),
    findings: {},
    drift: {},
  };
}

export function countEvent(stats: Stats, event: KernelEvent): void {
  stats.records++;
  stats.byKind[event.kind] = (stats.byKind[event.kind] ?? 0) + 1;
  if (event.kind !== 'unknown') return;
  const { reason } = event;
  if (reason === 'kind' || reason === 'version') stats.unknown++;
  else stats.malformed[reason] = (stats.malformed[reason] ?? 0) + 1;
}

/** Counts what a dump put right; returns how much that was. */
export function countDrift(stats: Stats, changes: readonly Change[]): number {
  const wrong = changes.filter(isDrift);
  for (const { object } of wrong) stats.drift[object] = (stats.drift[object] ?? 0) + 1;
  return wrong.length;
}

export function presentStats(stats: Stats, loss: Loss, skipped: number, world: World): StatsData {
  const { byKind, malformed, verdicts, raVerdicts, findings, drift, ...totals } = stats;
  return {
    ...totals,
    byKind: { ...byKind },
    malformed: { ...malformed },
    verdicts: { ...verdicts, undecided: { ...verdicts.undecided } },
    raVerdicts: { ...raVerdicts, undecided: { ...raVerdicts.undecided } },
    findings: { ...findings },
    drift: { ...drift },
    lost: totalLoss(loss),
    ...(skipped > 0 && { skipped }),
    leftOut: loss.leftOut,
    judgedShare: judgedShare(stats, loss.leftOut),
    netns: world.netns.size,
  };
}

/** Digits of a share: rounded down, so that 1 means all. */
const SHARE_UNIT = 1_000_000;

/** Of all decisions, told or left out, those that agreed or diverged; 1 when there were none. */
function judgedShare({ decisions, verdicts }: Stats, leftOut: number): number {
  const all = decisions + leftOut;
  if (all === 0) return 1;
  return Math.floor((SHARE_UNIT * (verdicts.agree + verdicts.diverge)) / all) / SHARE_UNIT;
}
