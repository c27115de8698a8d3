/**
 * Recent: the newest decisions with their records, so that one can be explained while the run
 * goes on. The judge can take its model back to the state they were made in
 * (`src/verify/history.ts`); nothing is computed before somebody asks.
 */

import type { JoinedDecision } from './decision-join.ts';
import type { DecisionEvent } from './decode/event.ts';
import type { DecisionRef } from './explain-decision.ts';
import type { Envelope } from './publish/envelope.ts';

export interface RecentDecision {
  readonly target: Envelope<'decision'>;
  /** In the order in which they were judged. */
  readonly events: readonly DecisionEvent[];
}

export interface RecentDecisions {
  /** Decisions kept; 0: nobody will ask. */
  readonly max: number;
  /** Oldest first. */
  readonly bySeq: Map<number, RecentDecision>;
}

/** Some 2 KiB each. */
export const RECENT_MAX = 8192;

export function createRecent(max: number): RecentDecisions {
  return { max, bySeq: new Map() };
}

/** Keeps a decision that was just told, and forgets the oldest for it. */
export function keepRecent(
  { max, bySeq }: RecentDecisions,
  target: Envelope<'decision'>,
  { head, lookups, saddrs }: JoinedDecision,
): void {
  if (max === 0) return;
  const parts = [...lookups, ...saddrs].map(({ event }): DecisionEvent => event);
  parts.sort((a, b) => Number(a.tsNs - b.tsNs));
  bySeq.set(target.seq, { target, events: head.kind === 'flow' ? [...parts, head] : parts });
  const [oldest] = bySeq.size > max ? bySeq.keys() : [];
  if (oldest !== undefined) bySeq.delete(oldest);
}

/** Of two decisions with the same number, the newest. */
export function findRecent(
  { bySeq }: RecentDecisions,
  ref: DecisionRef,
): RecentDecision | undefined {
  if (ref.by === 'seq') return bySeq.get(ref.seq);
  return [...bySeq.values()].findLast(({ target }) => target.data.id === ref.id);
}
