/**
 * History: the states one netns was in over the last moments.
 *
 * Lookups run locklessly beside updates, so a decision is judged on every state that was
 * valid between its begin and its end. The model follows the replica step by step and can
 * be taken back as many steps as are kept.
 */

import {
  applyChange,
  createEditableModel,
  currentState,
  type EditableModel,
  type Undo,
} from '../model/model-edit.ts';
import type { ModelState } from '../model/model-state.ts';
import type { Instant } from '../net/instant.ts';
import type { Change } from '../state/change.ts';
import type { Snapshot } from '../state/snapshot.ts';
import type { OpenMutations } from './mutation.ts';

/** What one record changed, and from when to when it may have been visible to some only. */
export interface Step {
  readonly beginNs: Instant;
  readonly endNs: Instant;
  readonly changes: readonly Change[];
  /** Of each change, once the model has made them. */
  undo: readonly (Undo | undefined)[];
}

const NOT_MADE: Step['undo'] = [];

/** States that follow each other without a gap. */
export interface Era {
  /** Made when the first decision asks for it. */
  model: EditableModel | undefined;
  readonly steps: Step[];
  /** How many of the steps the model has made; those below `floor` cannot be taken back. */
  made: number;
  floor: number;
  /** Names the model had when it was made. */
  names: number;
  /** Of the states before this nothing is known. */
  knownSinceNs: Instant;
}

export interface History extends Era {
  /** Mutators under way. */
  readonly open: OpenMutations;
  /** What came before the last dump, for whoever asks about decisions of then. */
  past: Past | undefined;
}

export interface Past extends Era {
  /** When the dump ended. */
  readonly untilNs: Instant;
}

/** Steps kept; a decision takes microseconds, unless it was preempted. */
const STEPS_MAX = 8192;
/** Names of a model that are worth no new one. */
const NAMES_SPARE = 512;
/** How long they are kept: until a reader who has seen a decision can ask how it came about. */
const KEEP_NS = 60_000_000_000n;
/** Routes of a model that is kept as the past: a larger one costs too much to have twice. */
const PAST_ROUTES_MAX = 10_000;

export function createHistory(nowNs: Instant): History {
  return {
    model: undefined,
    steps: [],
    made: 0,
    floor: 0,
    names: 0,
    knownSinceNs: nowNs,
    open: [],
    past: undefined,
  };
}

/** Takes note of what a record changed. */
export function addStep(
  history: History,
  beginNs: Instant,
  endNs: Instant,
  changes: readonly Change[],
): void {
  if (changes.length === 0) return;
  history.steps.push({ beginNs, endNs, changes, undo: NOT_MADE });
  trim(history, endNs);
}

/** A dump seeded or healed the replica: what the model had is void, and only told as the past. */
export function forgetModel(history: History, nowNs: Instant): void {
  const { model, made, floor, knownSinceNs } = history;
  const isKept = model !== undefined && model.state.fib.routes.length <= PAST_ROUTES_MAX;
  const steps = [...history.steps];
  // It must not be made anew: the replica is another now.
  const names = Number.POSITIVE_INFINITY;
  history.past = isKept
    ? { model, steps, made, floor, names, knownSinceNs, untilNs: nowNs }
    : undefined;
  history.model = undefined;
  history.steps.length = 0;
  history.made = 0;
  history.floor = 0;
  history.knownSinceNs = nowNs;
}

/** Drops the oldest half when too many or too old, so that the cost of it is shared. */
function trim(history: History, nowNs: Instant): void {
  const { steps } = history;
  const oldest = steps[0];
  if (steps.length < 64 || oldest === undefined) return;
  const isOld = oldest.endNs + 2n * KEEP_NS < nowNs;
  if (steps.length <= STEPS_MAX && !isOld) return;
  let count = steps.length >> 1;
  if (isOld) count = steps.findIndex((step) => step.endNs + KEEP_NS >= nowNs);
  if (count <= 0) return;
  if (history.model !== undefined) moveTo(history, Math.max(history.made, count));
  const last = steps[count - 1];
  if (last !== undefined && last.endNs > history.knownSinceNs) history.knownSinceNs = last.endNs;
  steps.splice(0, count);
  history.made = Math.max(0, history.made - count);
  history.floor = Math.max(0, history.floor - count);
}

export interface Asked {
  readonly found: boolean;
  /** Only a state that came after the begin explains it. */
  readonly raced: boolean;
  /** There was more than one state. */
  readonly several: boolean;
  /** There may have been states that are no longer known, or never were. */
  readonly partial: boolean;
}

/**
 * Calls `ask` with every state that may have been seen between two instants, oldest first,
 * and the step that led to it (undefined for the first), until it returns true.
 */
export function askStates(
  history: Era,
  snapshot: Snapshot,
  fromNs: Instant,
  toNs: Instant,
  ask: (state: ModelState, step: Step | undefined) => boolean,
): Asked {
  startModel(history, snapshot);
  const { steps, floor } = history;
  let first = steps.length;
  while (first > 0 && (steps[first - 1] as Step).endNs >= fromNs) first--;
  const partial = first < floor || fromNs < history.knownSinceNs;
  first = Math.max(first, floor);
  // Steps that began only after the end were not seen; those before them in the ring were.
  let last = steps.length;
  while (last > first && (steps[last - 1] as Step).beginNs > toNs) last--;
  const several = last > first;
  for (let at = first; at <= last; at++) {
    const step = at > first ? steps[at - 1] : undefined;
    if (ask(moveTo(history, at), step)) return { found: true, raced: at > first, several, partial };
  }
  return { found: false, raced: false, several, partial };
}

/**
 * The model of the replica as it is now, if there is none yet or most of its names are of what is
 * gone: steps made by then cannot be taken back.
 */
export function startModel(history: Era, snapshot: Snapshot): void {
  const { model, names } = history;
  if (model !== undefined && namesOf(model.state) <= 2 * names + NAMES_SPARE) return;
  history.made = history.steps.length;
  history.floor = history.made;
  history.model = createEditableModel(snapshot);
  history.names = namesOf(history.model.state);
}

/** A model names neighbours and PvDs by number and never takes a number back. */
function namesOf({ neighSlots, pvdSlots }: ModelState): number {
  return neighSlots.size + pvdSlots.size;
}

function moveTo(history: Era, at: number): ModelState {
  const model = history.model as EditableModel;
  const { steps } = history;
  while (history.made < at) {
    const step = steps[history.made++] as Step;
    step.undo = step.changes.map((change) => applyChange(model, change));
  }
  while (history.made > at) {
    const step = steps[--history.made] as Step;
    for (const undo of step.undo.toReversed()) undo?.();
    step.undo = NOT_MADE;
  }
  return currentState(model);
}
