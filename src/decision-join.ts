/**
 * Joins the records of one decision: a flow's lookups and selections come before the flow's
 * own record and share its decision number.
 *
 * What never completes is not kept forever and not dropped either: it comes out with the
 * reason why it is incomplete.
 */

import type { FlowEvent, LookupEvent, SaddrEvent } from './decode/event.ts';
import type { Instant } from './net/instant.ts';
import type { IncompleteReason, LookupData, SaddrData } from './publish/decision-data.ts';
import type { Opinion } from './verify/judge.ts';

/** A lookup or selection, shown and judged when its record came. */
export interface Part<E, D> {
  readonly event: E;
  readonly data: D;
  readonly opinion: Opinion;
}

export type LookupPart = Part<LookupEvent, LookupData>;
export type SaddrPart = Part<SaddrEvent, SaddrData>;

export interface JoinedDecision {
  /** The record that stands for it: the flow's, or the last one there is. */
  readonly head: FlowEvent | LookupEvent | SaddrEvent;
  readonly lookups: readonly LookupPart[];
  readonly saddrs: readonly SaddrPart[];
  readonly incomplete: IncompleteReason | null;
}

interface Pending {
  head: LookupEvent | SaddrEvent;
  readonly sinceNs: Instant;
  readonly lookups: LookupPart[];
  readonly saddrs: SaddrPart[];
}

/** Decisions under way, by number, oldest first. */
export type DecisionJoin = Map<bigint, Pending>;

/** Decisions under way: one for each CPU and preempted task, so hundreds at most. */
export const JOIN_MAX = 4096;
/** Parts kept of one decision; further ones count as missing. */
const PARTS_MAX = 32;
/** A flow lookup does not sleep: after this its record was lost. */
const OVERDUE_NS = 1_000_000_000n;
const NONE: readonly JoinedDecision[] = [];

/** Adds a lookup; what that completes. */
export function joinLookup(join: DecisionJoin, part: LookupPart): JoinedDecision[] {
  const { event } = part;
  if (!event.inFlow) return [{ head: event, lookups: [part], saddrs: [], incomplete: null }];
  return add(join, event, (pending) => pending.lookups, part);
}

/** Adds a selection; what that completes. */
export function joinSaddr(join: DecisionJoin, part: SaddrPart): JoinedDecision[] {
  const { event } = part;
  if (event.decision === 0n) {
    return [{ head: event, lookups: [], saddrs: [part], incomplete: null }];
  }
  return add(join, event, (pending) => pending.saddrs, part);
}

/** The flow's own record: its decision is complete, or parts of it were lost. */
export function joinFlow(join: DecisionJoin, event: FlowEvent): JoinedDecision {
  const pending = join.get(event.decision);
  join.delete(event.decision);
  const { lookups, saddrs } = pending ?? { lookups: [], saddrs: [] };
  const whole = lookups.length === event.lookups && saddrs.length === event.saddrs;
  return { head: event, lookups, saddrs, incomplete: whole ? null : 'parts-missing' };
}

/** Decisions whose flow record is overdue at `nowNs`. */
export function overdueDecisions(join: DecisionJoin, nowNs: Instant): readonly JoinedDecision[] {
  if (join.size === 0) return NONE;
  const out: JoinedDecision[] = [];
  for (const [decision, pending] of join) {
    if (pending.sinceNs + OVERDUE_NS > nowNs) break;
    out.push(giveUp(join, decision, pending, 'no-flow-record'));
  }
  return out;
}

/** All that is left at the end of the run. */
export function leftDecisions(join: DecisionJoin): JoinedDecision[] {
  return [...join].map(([decision, pending]) => giveUp(join, decision, pending, 'end'));
}

function add<D>(
  join: DecisionJoin,
  event: LookupEvent | SaddrEvent,
  partsOf: (pending: Pending) => D[],
  part: D,
): JoinedDecision[] {
  const out: JoinedDecision[] = [];
  let pending = join.get(event.decision);
  if (pending === undefined) {
    const [oldest] = join.size >= JOIN_MAX ? join : [];
    if (oldest) out.push(giveUp(join, oldest[0], oldest[1], 'table-full'));
    pending = { head: event, sinceNs: event.tsNs, lookups: [], saddrs: [] };
    join.set(event.decision, pending);
  }
  pending.head = event;
  const parts = partsOf(pending);
  if (parts.length < PARTS_MAX) parts.push(part);
  return out;
}

function giveUp(
  join: DecisionJoin,
  decision: bigint,
  { head, lookups, saddrs }: Pending,
  incomplete: IncompleteReason,
): JoinedDecision {
  join.delete(decision);
  return { head, lookups, saddrs, incomplete };
}
