/**
 * Verdicts: whether the kernel's answer is one that the reference model allows.
 *
 * Silence is never agreement: a decision that could not be checked is `undecided`,
 * with the reason, and counted.
 */

/** Why a decision could not be judged. */
export type UndecidedReason =
  /** Records were lost that may have changed the state it was made on, or were part of it. */
  | 'lost-records'
  /** The netns' state at the start of the run is not known. */
  | 'unknown-start-state'
  /** The replica was found to differ from the kernel by the dump that followed. */
  | 'drift'
  /** The model does not cover it; after the colon, the feature that is missing. */
  | 'unmodelled'
  | `unmodelled:${string}`;

export type Verdict =
  | {
      readonly verdict: 'agree';
      /** The answer is right only for another state that was valid within the interval. */
      readonly raced: boolean;
    }
  | { readonly verdict: 'diverge' }
  | { readonly verdict: 'undecided'; readonly reason: UndecidedReason };

/**
 * The outcome breaks an invariant of PvD or of an RFC although the kernel followed its own
 * algorithm; independent of the verdict.
 */
export interface Finding {
  /** Stable code, e.g. `rfc6724.r5.5`. */
  readonly code: string;
  /** One sentence with the values that show it. */
  readonly evidence: string;
}

/** Verdicts so far; the sum of all numbers is the number of decisions. */
export interface VerdictCounts {
  agree: number;
  diverge: number;
  /** By reason. */
  undecided: Record<string, number>;
}

export function noVerdicts(): VerdictCounts {
  return { agree: 0, diverge: 0, undecided: {} };
}

export function countVerdict(counts: VerdictCounts, verdict: Verdict): void {
  if (verdict.verdict === 'undecided') {
    counts.undecided[verdict.reason] = (counts.undecided[verdict.reason] ?? 0) + 1;
  } else counts[verdict.verdict]++;
}
