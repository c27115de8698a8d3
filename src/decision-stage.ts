/**
 * The stage of decisions: records joined, judged, and shown. Lookups and selections are judged
 * when their record comes, the decision when its last one has.
 */

import {
  type Court,
  decide,
  type Judged,
  leftHeld,
  noteEvent,
  overdueHeld,
  reconciled,
} from './court.ts';
import {
  type DecisionJoin,
  type JoinedDecision,
  joinFlow,
  joinLookup,
  joinSaddr,
  leftDecisions,
  overdueDecisions,
} from './decision-join.ts';
import type { DecisionEvent, KernelEvent } from './decode/event.ts';
import type { Instant } from './net/instant.ts';
import { presentDecision, presentLookup, presentSaddr } from './present-decision.ts';
import type { DecisionData } from './publish/decision-data.ts';
import type { Change } from './state/change.ts';
import type { Snapshot } from './state/snapshot.ts';
import { snapshotOf, type World } from './state/world.ts';
import { countDrift, type Stats } from './stats.ts';
import { checkInvariants } from './verify/invariants.ts';
import { judgeLookup, judgeSaddr, noteBegin, UNKNOWN_START } from './verify/judge.ts';
import { flowQuery, lookupQuery, observedOutcome } from './verify/observed.ts';
import type { Finding } from './verify/verdict.ts';
import { countVerdict } from './verify/verdict.ts';

/** What the stage works on; a part of the pipeline. */
export interface DecisionStage {
  readonly world: World;
  readonly decisions: DecisionJoin;
  readonly court: Court;
  readonly stats: Stats;
  /** Newest time of any record. */
  readonly nowNs: Instant;
}

/** A record of a decision came: the decisions it completed and settled. */
export function takeDecision(stage: DecisionStage, event: DecisionEvent): Judged[] {
  return settle(stage, joinEvent(stage, event));
}

/** Decisions that time has settled. */
export function takeTime(stage: DecisionStage): Judged[] {
  const late = overdueDecisions(stage.decisions, stage.nowNs);
  if (late.length === 0 && stage.court.held.size === 0) return NONE;
  return [...settle(stage, late), ...overdueHeld(stage.court, stage.nowNs)];
}

/** All that is under way at the end of the run. */
export function takeRest(stage: DecisionStage): Judged[] {
  return [...settle(stage, leftDecisions(stage.decisions)), ...leftHeld(stage.court)];
}

/**
 * Lets the judge follow what a record changed; returns what that settles. `wasTrusted`: the
 * replica was thought right before a dump was merged, so what the dump changed is drift.
 */
export function takeChanges(
  stage: DecisionStage,
  event: KernelEvent,
  changes: readonly Change[],
  wasTrusted: boolean,
): Judged[] {
  const { court, world, stats } = stage;
  const { netnsCookie, tsNs } = event;
  const snapshot = snapshotOf(world, netnsCookie);
  if (event.kind === 'begin') noteBegin(court.judge, event, snapshot);
  const settled = noteEvent(court, event, changes, snapshot);
  if (event.kind !== 'dump-end') return settled;
  const drift = wasTrusted ? countDrift(stats, changes) : 0;
  return [...settled, ...reconciled(court, netnsCookie, tsNs, drift > 0)];
}

/** A judged decision as readers get it; counts it. */
export function showDecision(stage: DecisionStage, judged: Judged): DecisionData {
  const { court, stats, world } = stage;
  const { joined, verdict } = judged;
  const snapshot = snapshotOf(world, joined.head.netnsCookie);
  const findings = findingsOf(judged, snapshot, court.judge.profile.name);
  stats.decisions++;
  if (joined.incomplete !== null) stats.incomplete++;
  countVerdict(stats.verdicts, verdict);
  for (const { code } of findings) stats.findings[code] = (stats.findings[code] ?? 0) + 1;
  return presentDecision(judged, findings, snapshot);
}

const NONE: Judged[] = [];
const NO_FINDINGS: readonly Finding[] = [];

function settle(stage: DecisionStage, joined: readonly JoinedDecision[]): Judged[] {
  const out: Judged[] = [];
  for (const one of joined) {
    const judged = decide(stage.court, one, snapshotOf(stage.world, one.head.netnsCookie));
    if (judged !== undefined) out.push(judged);
  }
  return out;
}

/** Attribution is that of the moment the record was written, not of the flow's end. */
function joinEvent(stage: DecisionStage, event: DecisionEvent): JoinedDecision[] {
  const { decisions, court, world } = stage;
  const snapshot = snapshotOf(world, event.netnsCookie);
  switch (event.kind) {
    case 'lookup': {
      const opinion = snapshot ? judgeLookup(court.judge, event, snapshot) : UNKNOWN_START;
      return joinLookup(decisions, { event, data: presentLookup(event, snapshot), opinion });
    }
    case 'saddr': {
      const opinion = snapshot ? judgeSaddr(court.judge, event, snapshot) : UNKNOWN_START;
      return joinSaddr(decisions, { event, data: presentSaddr(event, snapshot), opinion });
    }
    case 'flow':
      return [joinFlow(decisions, event)];
  }
}

/** What a decision breaks, as far as the state it was made in is known. */
function findingsOf(
  { joined, verdict }: Judged,
  snapshot: Snapshot | undefined,
  profile: string,
): readonly Finding[] {
  const { head } = joined;
  const isKnown = verdict.verdict !== 'undecided' && snapshot !== undefined;
  if (!isKnown || head.kind === 'saddr') return NO_FINDINGS;
  const lookups = joined.lookups.map(({ event }) => event);
  const { netPvds } = snapshot;
  const query =
    head.kind === 'flow' ? flowQuery(head, lookups, netPvds) : lookupQuery(head, netPvds);
  const outcome = observedOutcome(head, lookups.at(-1), snapshot);
  return checkInvariants({ subject: 'decision', query, outcome, snapshot }, profile);
}
