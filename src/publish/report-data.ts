/** What a report tells beside the envelopes of its run. */

import type { Comparison } from './comparison.ts';

export interface ReportData {
  /** How decisions came about, in lines, by their `seq`. */
  readonly explanations: Readonly<Record<string, readonly string[]>>;
  /** Shell scripts that make the state and ask a kernel the same, by `seq`. */
  readonly scripts: Readonly<Record<string, string>>;
  /** With another run; the run of the report is its `next`. */
  readonly comparison: Comparison | null;
}

export const NO_REPORT: ReportData = { explanations: {}, scripts: {}, comparison: null };

/** What a running agent tells of one decision. */
export interface LiveExplanation {
  readonly seq: number;
  readonly lines: readonly string[];
  /** Null when the state was not known. */
  readonly script: string | null;
  /** The same as `lines` for programs. */
  readonly explanation: unknown;
}
