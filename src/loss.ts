/**
 * Lost records: where (from the counter each record carries) and how many (from BPF's own), and
 * decisions that BPF left out while the ring filled. What is left out takes nothing from what is told.
 */

import type { EventHeader, LostEvent } from './decode/event.ts';
import type { LostData } from './publish/envelope.ts';

export interface Loss {
  /** `hdr.lost` by CPU, as last seen. */
  readonly byCpu: Map<number, number>;
  /** Found as gaps. */
  gaps: number;
  /** By BPF's counters. */
  counted: number;
  /** Decisions left out, as last told. */
  leftOut: number;
}

/** CPUs of one machine (`CONFIG_NR_CPUS` is at most 8192). */
const CPUS_MAX = 8192;

export function noLoss(): Loss {
  return { byCpu: new Map(), gaps: 0, counted: 0, leftOut: 0 };
}

/** Records lost so far, by the better of the two sources. */
export function totalLoss(loss: Loss): number {
  return Math.max(loss.gaps, loss.counted);
}

/**
 * Whether records of this CPU were lost before this one. The counter wraps at 32 bits; a
 * record with a smaller one (the agent's own have 0) tells nothing.
 */
export function findGap(loss: Loss, header: EventHeader): LostData | undefined {
  const { cpu, lost, seq } = header;
  const count = (lost - (loss.byCpu.get(cpu) ?? 0)) | 0;
  if (count <= 0 || (!loss.byCpu.has(cpu) && loss.byCpu.size >= CPUS_MAX)) return undefined;
  loss.byCpu.set(cpu, lost);
  loss.gaps += count;
  return { source: 'gap', count, total: totalLoss(loss), cpu, beforeSeq: seq, byKind: null };
}

/** What the counters add to what was known. */
export function countLoss(loss: Loss, event: LostEvent): LostData | undefined {
  const count = event.total - loss.counted;
  if (count <= 0) return undefined;
  loss.counted = event.total;
  const total = totalLoss(loss);
  return { source: 'counters', count, total, cpu: null, beforeSeq: null, byKind: event.byKind };
}

/** Decisions left out since the counters were told last. */
export function countLeftOut(loss: Loss, { leftOut }: LostEvent): LostData | undefined {
  if (leftOut === undefined) return undefined;
  const total = Object.values(leftOut).reduce((sum, n) => sum + n, 0);
  const count = total - loss.leftOut;
  if (count <= 0) return undefined;
  loss.leftOut = total;
  return { source: 'left-out', count, total, cpu: null, beforeSeq: null, byKind: leftOut };
}
