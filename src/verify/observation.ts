/**
 * What invariants are checked on, by subject. Optional fields are those that only some kernels
 * or some hooks tell: leaving one out makes a check that needs it `unobservable`.
 */

import type { FlowQuery, LookupQuery, Outcome } from '../model/query.ts';
import type { Snapshot } from '../state/snapshot.ts';

/** A decision: question, answer (observed or predicted), and the state at that time. */
export interface DecisionObservation {
  readonly subject: 'decision';
  /** `binding` is the effective one of the flow. */
  readonly query: LookupQuery | FlowQuery;
  readonly outcome: Outcome;
  readonly snapshot: Snapshot;
  /** Answers allowed to a kernel that knows no binding: those of profile `linux`. */
  readonly withoutBinding?: readonly Outcome[] | undefined;
  /** What the flow was routed for: to begin it, to answer on a server, or once established. */
  readonly phase?: 'open' | 'reply' | 'established' | undefined;
  /** Packets the flow sent by this decision. */
  readonly packetsSent?: number | undefined;
}

/** Observations by subject. */
export interface Observations {
  readonly decision: DecisionObservation;
}

export type Subject = keyof Observations;
export type Observation<S extends Subject = Subject> = Observations[S];
