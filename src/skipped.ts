/**
 * Runs of our programs that the kernel skipped: no record tells of them, only a counter, so
 * what is known is between which two readings they fell. A decision made then may lack parts
 * without a sign; that nothing explains it proves nothing.
 */

import type { KernelEvent, SkippedRuns } from './decode/event.ts';
import type { Instant } from './net/instant.ts';
import type { LostData } from './publish/envelope.ts';

interface Span {
  readonly fromNs: Instant;
  toNs: Instant;
}

export interface Skips {
  /** As last told. */
  told: SkippedRuns;
  /** When the counters were last read. */
  readNs: Instant;
  /** Between which readings something was skipped, oldest first. */
  readonly spans: Span[];
}

/** Decisions are not held longer than a few seconds: older spans are of no use. */
const SPANS_MAX = 16;
/** A decision's records come together; its number was given a little earlier. */
const SLACK_NS = 1_000_000_000n;

export function noSkips(): Skips {
  return { told: { decision: 0, state: 0 }, readNs: 0n, spans: [] };
}

export function totalSkipped({ told }: Skips): number {
  return told.decision + told.state;
}

/** Takes what an event tells of the counters: the agent reads them before it writes its marks. */
export function noteSkips(skips: Skips, event: KernelEvent): LostData | undefined {
  if (event.kind !== 'lost' && event.kind !== 'tick' && event.kind !== 'dump-end') return undefined;
  const fromNs = skips.readNs - SLACK_NS;
  skips.readNs = event.tsNs;
  if (event.kind !== 'lost' || event.skipped === undefined) return undefined;
  const before = totalSkipped(skips);
  skips.told = event.skipped;
  const total = totalSkipped(skips);
  if (total <= before) return undefined;
  const last = skips.spans.at(-1);
  if (last !== undefined && last.toNs >= fromNs) last.toNs = event.tsNs;
  else skips.spans.push({ fromNs, toNs: event.tsNs });
  if (skips.spans.length > SPANS_MAX) skips.spans.shift();
  const byKind = { ...event.skipped };
  return { source: 'skipped', count: total - before, total, cpu: null, beforeSeq: null, byKind };
}

/** Whether records of a decision at `tsNs` may be missing for that reason. */
export function mayBeSkipped({ spans }: Skips, tsNs: Instant): boolean {
  return spans.some(({ fromNs, toNs }) => fromNs <= tsNs && tsNs <= toNs);
}
