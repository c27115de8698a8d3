/** Invariant: something that must be so whatever a kernel was asked, and a check for it. */

import type { Observation, Subject } from './observation.ts';

/** Profiles an invariant can be promised by (`Profile.name`). */
export type ProfileName = 'linux' | 'linux-pvd' | 'netpvd-4.15' | 'rfc';

/** An observation contradicts the invariant. */
export interface Broken {
  /** One sentence with the values that show it. */
  readonly evidence: string;
}

/**
 * What a check makes of an observation. `unobservable`: the invariant is about it, but what
 * would decide was not observed, e.g. because only a kernel that knows PvD tells it.
 */
export type Holding = 'holds' | 'not-applicable' | 'unobservable' | Broken;

export interface Invariant {
  /** `I1` to `I53`. */
  readonly id: string;
  /** Stable code of the finding, e.g. `pvd.bound-route`. */
  readonly code: string;
  /** RFC section or kernel behaviour it comes from. */
  readonly source: string;
  readonly text: string;
  /** Profiles whose kernels keep it. `rfc`: every kernel should. */
  readonly profiles: readonly ProfileName[];
  /** Pure; allocates nothing unless it is broken. One for each subject it can be seen in. */
  readonly checks: { readonly [S in Subject]?: (observation: Observation<S>) => Holding };
}

/** A contradiction. */
export function broken(evidence: string): Broken {
  return { evidence };
}

/** `holds`, or broken with the sentence; made only when needed. */
export function unless(holds: boolean, evidence: () => string): Holding {
  return holds ? 'holds' : broken(evidence());
}
