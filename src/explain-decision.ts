/**
 * Explains a decision of a run that is replayed: finds it, and asks for each of its records,
 * at the moment it is judged, how its answer comes about.
 *
 * Two passes over the same records: the first finds the decision by its envelope, the second
 * looks at its records. So neither needs more memory than a replay. Of a run that goes on, the
 * newest decisions are kept with their records, and the judge goes back to their states.
 */

import type { DecisionEvent } from './decode/event.ts';
import { decodeRecord } from './decode/record.ts';
import type { Pipeline } from './pipeline.ts';
import type { Envelope } from './publish/envelope.ts';
import type { RecentDecision } from './recent.ts';
import { snapshotOf } from './state/world.ts';
import { askedOf, type Explained, explainAsked } from './verify/explain.ts';

/** Names a decision: by the number of its envelope, or by its own. */
export type DecisionRef =
  | { readonly by: 'seq'; readonly seq: number }
  | { readonly by: 'id'; readonly id: string };

/** Whether an envelope is the decision, or is what has its number. */
export function isReferred(ref: DecisionRef, envelope: Envelope): boolean {
  if (ref.by === 'seq') return envelope.seq === ref.seq;
  return envelope.kind === 'decision' && envelope.data.id === ref.id;
}

/** One record of the decision. */
export interface ExplainedPart {
  readonly part: 'lookup' | 'saddr' | 'flow';
  /** Its number among its kind. */
  readonly index: number;
  readonly event: DecisionEvent;
  /** Undefined when the state was not known. */
  readonly explained: Explained | undefined;
}

export interface Explainer {
  readonly target: Envelope<'decision'>;
  readonly parts: ExplainedPart[];
  /** The verdict was reached. */
  done: boolean;
}

export function createExplainer(target: Envelope<'decision'>): Explainer {
  return { target, parts: [], done: false };
}

/** Takes a record that the pipeline has just taken, and the envelopes that gave. */
export function explainRecord(
  explainer: Explainer,
  pipeline: Pipeline,
  record: Uint8Array,
  out: readonly Envelope[],
): void {
  const { target, parts } = explainer;
  const event = decodeRecord(record);
  if (event.kind === 'lookup' || event.kind === 'saddr' || event.kind === 'flow') {
    if (isPartOf(event, target)) {
      const index = parts.filter(({ part }) => part === event.kind).length;
      parts.push(explainPart(pipeline, { part: event.kind, index, event }, parts));
    }
  }
  explainer.done = out.some(({ seq }) => seq === target.seq);
  if (!explainer.done || event.kind === 'dump-end') return;
  // It was held: what has come since may explain it.
  for (const [i, part] of parts.entries()) {
    if (part.explained?.found === true) continue;
    const again = explainPart(pipeline, part, parts);
    if (again.explained?.found === true) parts[i] = again;
  }
}

/** Why a decision of a run that goes on cannot be explained. */
export type NotExplained = 'forgotten' | 'too-large';

/** Of a larger state a copy takes longer than the kernel's records can wait. */
const STATE_ROWS_MAX = 20_000;

/**
 * Explains a decision of a run that goes on. `forgotten`: a state it may have been made in is
 * no longer known, because too much changed since, or because a dump has replaced the replica.
 */
export function explainRecent(
  pipeline: Pipeline,
  { target, events }: RecentDecision,
): readonly ExplainedPart[] | NotExplained {
  const cookie = events[0]?.netnsCookie ?? 0n;
  const state = snapshotOf(pipeline.world, cookie);
  if (state === undefined) return 'forgotten';
  if (state.routes.size + state.neighbours.size + state.addresses.size > STATE_ROWS_MAX) {
    return 'too-large';
  }
  const parts: ExplainedPart[] = [];
  for (const event of events) {
    const index = parts.filter(({ part }) => part === event.kind).length;
    parts.push(explainPart(pipeline, { part: event.kind, index, event }, parts, true));
  }
  const isGone = parts.some(({ explained }) => explained?.partial === true);
  const { verdict } = target.data.verdict;
  return isGone && verdict !== 'undecided' ? 'forgotten' : parts;
}

function isPartOf(event: DecisionEvent, { data, netns, tsNs }: Envelope<'decision'>): boolean {
  if (`${event.netnsCookie}` !== netns?.cookie || `${event.decision}` !== data.id) return false;
  if (data.id !== '0') return true;
  return `${event.tsNs}` === tsNs && `${event.beginNs}` === data.beginNs;
}

function explainPart(
  { court, world }: Pipeline,
  { part, index, event }: Omit<ExplainedPart, 'explained'>,
  parts: readonly ExplainedPart[],
  late = false,
): ExplainedPart {
  const snapshot = snapshotOf(world, event.netnsCookie);
  const lookups = parts.map((one) => one.event).filter((one) => one.kind === 'lookup');
  const explained =
    snapshot &&
    explainAsked(court.judge, askedOf(event, lookups, snapshot.netPvds), snapshot, late);
  return { part, index, event, explained };
}
