/**
 * The judge: holds what the kernel answered against what the model allows, on every state
 * that was valid while the kernel looked.
 */

import type {
  BeginEvent,
  FlowEvent,
  KernelEvent,
  LookupEvent,
  SaddrEvent,
} from '../decode/event.ts';
import type { ModelState } from '../model/model-state.ts';
import { createModel, type Model, predictOn } from '../model/predict.ts';
import { LINUX, type Profile, profileByName, withCalibration } from '../model/profile.ts';
import type { Outcome, Query } from '../model/query.ts';
import type { Instant } from '../net/instant.ts';
import type { Change } from '../state/change.ts';
import type { Snapshot } from '../state/snapshot.ts';
import {
  addStep,
  askStates,
  createHistory,
  forgetModel,
  type History,
  startModel,
} from './history.ts';
import { endMutation, isStateEvent, openMutation } from './mutation.ts';
import {
  flowQuery,
  isFlowOutcome,
  isLookupOutcome,
  isSaddrOutcome,
  lookupQuery,
  saddrQuery,
} from './observed.ts';
import type { UndecidedReason } from './verdict.ts';

/** What is known so far of one record of a decision. */
export type Opinion =
  | { readonly opinion: 'agree'; readonly raced: boolean }
  | { readonly opinion: 'undecided'; readonly reason: UndecidedReason }
  /** No state known so far explains it: a change under way may yet. */
  | {
      readonly opinion: 'unexplained';
      /** What the first of the states would have allowed. */
      readonly expected: readonly Outcome[];
      /** The state changed meanwhile. */
      readonly several: boolean;
    };

export interface Judge {
  /** What the kernel is held against. */
  profile: Profile;
  readonly histories: Map<bigint, NetnsJudge>;
}

/** The judge's view of one netns. */
export interface NetnsJudge {
  readonly history: History;
  model: Model | undefined;
}

export function createJudge(profile: Profile = LINUX): Judge {
  return { profile, histories: new Map() };
}

/**
 * Sets the profile of this kernel and the quirks that were found on it; the others are left open.
 * A profile that is not known here is `linux`.
 */
export function calibrate(
  judge: Judge,
  found: Readonly<Record<string, boolean>>,
  name: string = LINUX.name,
): void {
  judge.profile = withCalibration(profileByName(name) ?? LINUX, found);
  for (const netns of judge.histories.values()) netns.model = undefined;
}

/** The judge's view of a netns; begins one at `nowNs`. */
export function netnsOf(judge: Judge, cookie: bigint, nowNs: Instant): NetnsJudge {
  let netns = judge.histories.get(cookie);
  if (netns === undefined) {
    netns = { history: createHistory(nowNs), model: undefined };
    judge.histories.set(cookie, netns);
  }
  return netns;
}

/** A mutator was entered. The state before it is kept, in case the first decision races with it. */
export function noteBegin(judge: Judge, event: BeginEvent, snapshot: Snapshot | undefined): void {
  const { history } = netnsOf(judge, event.netnsCookie, event.tsNs);
  openMutation(history.open, event);
  if (snapshot?.seeded) startModel(history, snapshot);
}

/** What a record changed in the replicas, in order. */
export function noteChanges(judge: Judge, event: KernelEvent, changes: readonly Change[]): void {
  const { netnsCookie, tsNs } = event;
  if (event.kind === 'netns' && event.op === 'del') {
    judge.histories.delete(netnsCookie);
    return;
  }
  if (event.kind === 'dump-end') {
    forgetModel(netnsOf(judge, netnsCookie, tsNs).history, tsNs);
    return;
  }
  if (isStateEvent(event)) {
    const { history } = netnsOf(judge, netnsCookie, tsNs);
    const beginNs = endMutation(history.open, event);
    addStep(history, beginNs, tsNs, changes);
    return;
  }
  // Time passed: PvDs lost members, each in its own netns.
  for (const change of changes) {
    const known = judge.histories.get(change.netnsCookie);
    if (known) addStep(known.history, tsNs, tsNs, [change]);
  }
}

/** Judges one route lookup. */
export function judgeLookup(judge: Judge, event: LookupEvent, snapshot: Snapshot): Opinion {
  if (isBoundUnknown(event, snapshot)) return UNKNOWN_BINDING;
  const query = lookupQuery(event, snapshot.netPvds);
  return judgeQuery(judge, snapshot, query, (outcome) => isLookupOutcome(event, outcome));
}

/** Judges one source selection. */
export function judgeSaddr(judge: Judge, event: SaddrEvent, snapshot: Snapshot): Opinion {
  if (isBoundUnknown(event, snapshot)) return UNKNOWN_BINDING;
  const query = saddrQuery(event, snapshot.netPvds);
  return judgeQuery(judge, snapshot, query, (outcome) => isSaddrOutcome(event, outcome));
}

/** Judges how a flow's lookups and selections were put together. */
export function judgeFlow(
  judge: Judge,
  event: FlowEvent,
  lookups: readonly LookupEvent[],
  snapshot: Snapshot,
): Opinion {
  if (isBoundUnknown(event, snapshot)) return UNKNOWN_BINDING;
  const query = flowQuery(event, lookups, snapshot.netPvds);
  return judgeQuery(judge, snapshot, query, (outcome) => isFlowOutcome(event, outcome));
}

/** It is bound to a PvD that no record told of. */
function isBoundUnknown({ bound }: Pick<FlowEvent, 'bound'>, { netPvds }: Snapshot): boolean {
  return bound?.some((id) => !netPvds?.has(id)) ?? false;
}

function judgeQuery(
  judge: Judge,
  snapshot: Snapshot,
  query: Query,
  isAnswer: (outcome: Outcome) => boolean,
): Opinion {
  if (!snapshot.seeded) return UNKNOWN_START;
  if (snapshot.lostNs !== undefined) return LOST_RECORDS;
  const netns = netnsOf(judge, snapshot.netnsCookie, query.fromNs);
  let expected: readonly Outcome[] = [];
  let open: string | undefined;
  const ask = (state: ModelState): boolean => {
    const prediction = predictOn(modelOf(judge, netns, state), query);
    if (prediction.outcomes.some(isAnswer)) return true;
    open ??= prediction.undecided;
    if (expected.length === 0) expected = prediction.outcomes;
    return false;
  };
  const asked = askStates(netns.history, snapshot, query.fromNs, query.toNs, ask);
  if (asked.found) return asked.raced ? AGREE_RACED : AGREE;
  if (open !== undefined) return undecided(`unmodelled:${open}`);
  if (asked.partial) return UNKNOWN_START;
  return { opinion: 'unexplained', expected, several: asked.several };
}

/** The state stays the same object while the netns lives on, and changes in place. */
export function modelOf(judge: Judge, netns: NetnsJudge, state: ModelState): Model {
  if (netns.model?.state !== state) netns.model = createModel(state, judge.profile);
  return netns.model;
}

export const AGREE: Opinion = { opinion: 'agree', raced: false };
export const AGREE_RACED: Opinion = { opinion: 'agree', raced: true };
export const UNKNOWN_START: Opinion = undecided('unknown-start-state');
export const LOST_RECORDS: Opinion = undecided('lost-records');
const UNKNOWN_BINDING: Opinion = undecided('unmodelled:pvd-binding');

export function undecided(reason: UndecidedReason): Opinion {
  return { opinion: 'undecided', reason };
}
