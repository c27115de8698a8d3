/**
 * Explains one record of a decision: asks the states it was judged on once more, with the
 * ladder. Nothing of it runs unless someone asks.
 */

import type { DecisionEvent, LookupEvent } from '../decode/event.ts';
import { type EditableModel, snapshotOfModel } from '../model/model-edit.ts';
import { predictOn } from '../model/predict.ts';
import type { Profile } from '../model/profile.ts';
import type { Outcome, Prediction, Query } from '../model/query.ts';
import type { Instant } from '../net/instant.ts';
import type { Route, Snapshot } from '../state/snapshot.ts';
import { askStates, type Era, type Step } from './history.ts';
import { type Judge, modelOf, netnsOf } from './judge.ts';
import {
  flowQuery,
  isFlowOutcome,
  isLookupOutcome,
  isSaddrOutcome,
  lookupQuery,
  saddrQuery,
} from './observed.ts';

/** A question as the kernel was asked it, and its answer. */
export interface Asked {
  readonly query: Query;
  readonly isAnswer: (outcome: Outcome) => boolean;
}

/** `lookups`: of a flow. */
export function askedOf(
  event: DecisionEvent,
  lookups: readonly LookupEvent[],
  netPvds: Snapshot['netPvds'],
): Asked {
  switch (event.kind) {
    case 'lookup':
      return {
        query: lookupQuery(event, netPvds),
        isAnswer: (outcome) => isLookupOutcome(event, outcome),
      };
    case 'saddr':
      return {
        query: saddrQuery(event, netPvds),
        isAnswer: (outcome) => isSaddrOutcome(event, outcome),
      };
    case 'flow':
      return {
        query: flowQuery(event, lookups, netPvds),
        isAnswer: (outcome) => isFlowOutcome(event, outcome),
      };
  }
}

/** How an answer comes about, or why it does not. */
export interface Explained {
  readonly query: Query;
  /** The model allows the kernel's answer. */
  readonly found: boolean;
  /** On the state that allows it; when none does, on the first one. */
  readonly prediction: Prediction;
  /** The allowed outcome that is the kernel's answer. */
  readonly outcome: Outcome | undefined;
  readonly profile: Profile;
  /** A copy of that state. */
  readonly state: Snapshot;
  /** How many states were asked. */
  readonly states: number;
  /** The changes between them, oldest first; {@link RACES_MAX} at most. */
  readonly races: readonly Race[];
  /** There may have been states that are no longer known. */
  readonly partial: boolean;
  /** Routes removed shortly before: a table may be marked by them. Oldest first. */
  readonly removed: readonly Route[];
}

/** A change that may have been visible while the kernel looked. */
export interface Race extends Pick<Step, 'beginNs' | 'endNs' | 'changes'> {
  /** The answer is that of the state right after it. */
  readonly decided: boolean;
}

/** Changes told of one decision. */
export const RACES_MAX = 16;

/**
 * Undefined when the netns' state is not known. `late`: the decision was judged long ago, so it
 * may be one of before the last dump.
 */
export function explainAsked(
  judge: Judge,
  { query, isAnswer }: Asked,
  snapshot: Snapshot,
  late = false,
): Explained | undefined {
  if (!snapshot.seeded) return undefined;
  const netns = netnsOf(judge, snapshot.netnsCookie, query.fromNs);
  const { past } = netns.history;
  const isPast = late && past !== undefined && query.toNs < past.untilNs;
  const era: Era = isPast ? past : netns.history;
  const races: Race[] = [];
  let told: Omit<Explained, 'states' | 'races' | 'partial' | 'removed'> | undefined;
  let states = 0;
  const asked = askStates(era, snapshot, query.fromNs, query.toNs, (state, step) => {
    states++;
    const model = modelOf(judge, netns, state);
    const prediction = predictOn(model, query, true);
    const outcome = prediction.outcomes.find(isAnswer);
    const found = outcome !== undefined;
    if (found || told === undefined) {
      const copy = snapshotOfModel(era.model as EditableModel, snapshot);
      told = { query, found, prediction, outcome, profile: model.profile, state: copy };
    }
    if (step && (found || races.length < RACES_MAX)) races.push(raceOf(step, found));
    return found;
  });
  const removed = removedRoutes(era, query.toNs);
  return told && { ...told, states, races, partial: asked.partial, removed };
}

function removedRoutes({ steps }: Era, untilNs: Instant): Route[] {
  const before = steps.filter(({ endNs }) => endNs <= untilNs).flatMap(({ changes }) => changes);
  return before.flatMap((c) => (c.object === 'route' && c.op === 'del' ? [c.value] : []));
}

function raceOf({ beginNs, endNs, changes }: Step, decided: boolean): Race {
  return { beginNs, endNs, changes, decided };
}
