/** Judges one decision. */

import type { Judgement } from './verdict.ts';

/** What is known of the state a decision was made on. */
export interface Circumstances {
  /** The replica of the netns started from a dump, or from the birth of the netns. */
  readonly seeded: boolean;
  /** Records were lost since that start, or records of the decision itself are missing. */
  readonly lost: boolean;
}

/**
 * The verdict on a decision made under `circumstances`. There is no model yet, so a decision
 * that could be judged is honestly undecided as well.
 */
export function judge(circumstances: Circumstances): Judgement {
  return { verdict: { verdict: 'undecided', reason: reasonOf(circumstances) }, findings: [] };
}

function reasonOf(c: Circumstances): 'unknown-start-state' | 'lost-records' | 'unmodelled' {
  if (!c.seeded) return 'unknown-start-state';
  return c.lost ? 'lost-records' : 'unmodelled';
}
