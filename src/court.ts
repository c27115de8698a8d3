/**
 * From the opinions on its records to the verdict on a decision.
 *
 * What no state explains is held: a change that was under way may be told by a record yet to
 * come, and a dump tells whether the replica is to blame. Only what is still unexplained
 * after that is a divergence.
 */

import type { JoinedDecision } from './decision-join.ts';
import type { KernelEvent } from './decode/event.ts';
import type { Outcome } from './model/query.ts';
import type { Instant } from './net/instant.ts';
import { mayBeSkipped, noSkips, type Skips } from './skipped.ts';
import type { Change } from './state/change.ts';
import type { Snapshot } from './state/snapshot.ts';
import { brokenRule } from './verify/broken-rule.ts';
import {
  AGREE,
  AGREE_RACED,
  createJudge,
  type Judge,
  judgeFlow,
  judgeLookup,
  judgeSaddr,
  LOST_RECORDS,
  noteChanges,
  type Opinion,
  UNKNOWN_START,
  undecided,
} from './verify/judge.ts';
import type { Verdict } from './verify/verdict.ts';

/** A decision and what became of it. */
export interface Judged {
  readonly joined: JoinedDecision;
  readonly verdict: Verdict;
  /** Of a divergence: the record that shows it, and what was allowed. */
  readonly blame: Blame | undefined;
}

export interface Blame {
  readonly part: 'lookup' | 'saddr' | 'flow';
  /** Its number among its kind. */
  readonly index: number;
  readonly expected: readonly Outcome[];
  /** The step of the model that speaks against the answer, in words. */
  readonly because?: string | undefined;
}

interface Held {
  readonly joined: JoinedDecision;
  blame: Blame;
  /** The state lacks something that only a dump tells. */
  isPartial: boolean;
}

export interface Court {
  readonly judge: Judge;
  /** Decisions that wait, by netns, oldest first. */
  readonly held: Map<bigint, Held[]>;
  /** Namespaces whose replica should be compared with a dump. */
  readonly doubted: Set<bigint>;
  readonly skips: Skips;
}

/** Decisions held of one netns: a kernel that errs all the time is not to fill the memory. */
const HELD_MAX = 256;
/** A decision is not held longer, whether or not a dump came. */
const HELD_NS = 5_000_000_000n;

export function createCourt(): Court {
  return { judge: createJudge(), held: new Map(), doubted: new Set(), skips: noSkips() };
}

/** The verdict on a decision; undefined while it is held. */
export function decide(
  court: Court,
  joined: JoinedDecision,
  snapshot: Snapshot | undefined,
): Judged | undefined {
  const opinion = opinionOf(court.judge, joined, snapshot);
  if (!('part' in opinion)) return judged(joined, opinion);
  const { netnsCookie } = joined.head;
  const all = court.held.get(netnsCookie) ?? [];
  const because = snapshot && becauseOf(court.judge, joined, opinion, snapshot);
  const held = { joined, blame: { ...opinion, because }, isPartial: lacksTable(snapshot) };
  if (all.length >= HELD_MAX) return diverged(court, held);
  court.held.set(netnsCookie, all);
  court.doubted.add(netnsCookie);
  all.push(held);
  return undefined;
}

/** Tells the judge what a record changed; returns what that settles. */
export function noteEvent(
  court: Court,
  event: KernelEvent,
  changes: readonly Change[],
  snapshot: Snapshot | undefined,
): Judged[] {
  noteChanges(court.judge, event, changes);
  const held = court.held.get(event.netnsCookie);
  if (held === undefined || changes.length === 0) return [];
  if (snapshot === undefined) return release(court, event.netnsCookie, () => UNKNOWN_START);
  if (event.kind === 'dump-end') return [];
  return release(court, event.netnsCookie, (one) => {
    const { joined } = one;
    if (joined.head.tsNs + RETRY_NS < event.tsNs) return undefined;
    one.isPartial = lacksTable(snapshot);
    const opinion = opinionOf(court.judge, joined, snapshot);
    return 'part' in opinion ? undefined : opinion;
  });
}

/** Later records tell of nothing that a decision may have seen. */
const RETRY_NS = 2_000_000_000n;

/** A dump that ended at `endNs` was merged: the replica is right now, and was, or was not, before. */
export function reconciled(
  court: Court,
  netnsCookie: bigint,
  endNs: Instant,
  drifted: boolean,
): Judged[] {
  court.doubted.delete(netnsCookie);
  return release(court, netnsCookie, ({ joined }) => {
    if (joined.head.tsNs >= endNs) return undefined;
    return drifted ? undecided('drift') : 'diverge';
  });
}

/** Decisions that were held long enough at `nowNs`. */
export function overdueHeld(court: Court, nowNs: Instant): Judged[] {
  const out: Judged[] = [];
  for (const cookie of court.held.keys()) {
    const late = ({ joined }: Held) => joined.head.tsNs + HELD_NS <= nowNs;
    out.push(...release(court, cookie, (held) => (late(held) ? 'diverge' : undefined)));
  }
  return out;
}

/** All that is still held at the end of the run. */
export function leftHeld(court: Court): Judged[] {
  return [...court.held.keys()].flatMap((cookie) => release(court, cookie, () => 'diverge'));
}

type Ruling = Opinion | 'diverge';

function release(
  court: Court,
  netnsCookie: bigint,
  rule: (held: Held) => Ruling | undefined,
): Judged[] {
  const out: Judged[] = [];
  const kept: Held[] = [];
  for (const held of court.held.get(netnsCookie) ?? []) {
    const ruling = rule(held);
    if (ruling === undefined) kept.push(held);
    else out.push(ruling === 'diverge' ? diverged(court, held) : judged(held.joined, ruling));
  }
  if (kept.length === 0) court.held.delete(netnsCookie);
  else court.held.set(netnsCookie, kept);
  return out;
}

function diverged({ skips }: Court, { joined, blame, isPartial }: Held): Judged {
  if (mayBeSkipped(skips, joined.head.tsNs)) return judged(joined, LOST_RECORDS);
  if (isPartial) return judged(joined, UNKNOWN_START);
  return { joined, verdict: { verdict: 'diverge' }, blame };
}

/** Hooks tell that a device is a VRF, but not its table; a netns without a name is never dumped. */
function lacksTable(snapshot: Snapshot | undefined): boolean {
  if (snapshot === undefined) return false;
  return [...snapshot.links.values()].some((link) => link.isL3Master && !link.l3mdevTable);
}

function judged(joined: JoinedDecision, opinion: Opinion): Judged {
  switch (opinion.opinion) {
    case 'agree':
      return { joined, verdict: { verdict: 'agree', raced: opinion.raced }, blame: undefined };
    case 'undecided': {
      const { reason } = opinion;
      return { joined, verdict: { verdict: 'undecided', reason }, blame: undefined };
    }
    case 'unexplained':
      return { joined, verdict: { verdict: 'diverge' }, blame: undefined };
  }
}

/** On the state as it is when the decision is first found wrong: later it may be another. */
function becauseOf(
  judge: Judge,
  { head, lookups, saddrs }: JoinedDecision,
  { part, index }: Blame,
  snapshot: Snapshot,
): string | undefined {
  const events = lookups.map(({ event }) => event);
  const parts = { lookup: events[index], saddr: saddrs[index]?.event, flow: head };
  const event = parts[part];
  return event && brokenRule(judge, event, events, snapshot);
}

/** The opinion on all its records together, or the first one that nothing explains. */
function opinionOf(
  judge: Judge,
  joined: JoinedDecision,
  snapshot: Snapshot | undefined,
): Opinion | Blame {
  if (joined.incomplete !== null) return LOST_RECORDS;
  if (snapshot === undefined) return UNKNOWN_START;
  let raced = false;
  let open: Opinion | undefined;
  const { lookups, saddrs } = joined;
  const take = (opinion: Opinion, part: Blame['part'], index: number): Blame | undefined => {
    if (opinion.opinion === 'undecided') open ??= opinion;
    else if (opinion.opinion === 'agree') raced ||= opinion.raced;
    else return { part, index, expected: opinion.expected };
    return undefined;
  };
  let blame: Blame | undefined;
  for (const [i, part] of lookups.entries()) {
    const { opinion } = part;
    const now =
      opinion.opinion === 'unexplained' ? judgeLookup(judge, part.event, snapshot) : opinion;
    blame ??= take(now, 'lookup', i);
  }
  for (const [i, part] of saddrs.entries()) {
    const { opinion } = part;
    const now =
      opinion.opinion === 'unexplained' ? judgeSaddr(judge, part.event, snapshot) : opinion;
    blame ??= take(now, 'saddr', i);
  }
  if (blame === undefined && joined.head.kind === 'flow') {
    blame = take(flowOpinion(judge, joined, snapshot), 'flow', 0);
  }
  return blame ?? open ?? (raced ? AGREE_RACED : AGREE);
}

/** On one state the whole must follow; on several its parts, put together, must. */
function flowOpinion(judge: Judge, joined: JoinedDecision, snapshot: Snapshot): Opinion {
  const { head, lookups, saddrs } = joined;
  if (head.kind !== 'flow') return AGREE;
  const events = lookups.map(({ event }) => event);
  const opinion = judgeFlow(judge, head, events, snapshot);
  if (opinion.opinion !== 'unexplained' || !opinion.several) return opinion;
  const last = events.at(-1);
  const chosen = saddrs.at(-1)?.event;
  const sources = [head.query.saddr, chosen?.saddr, ...events.map(({ entry }) => entry?.prefsrc)];
  const sameEnd = last !== undefined && last.error === head.error;
  if (head.error !== 0) return sameEnd || chosen?.error === head.error ? AGREE_RACED : opinion;
  return sameEnd && last.oif === head.oif && sources.includes(head.saddr) ? AGREE_RACED : opinion;
}
