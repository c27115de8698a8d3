/** What a report tells beside the envelopes of its run. */

import type { Comparison } from './comparison.ts';

export interface ReportData {
  /** How decisions came about, in lines, by their `seq`. */
  readonly explanations: Readonly<Record<string, readonly string[]>>;
  /** With another run; the run of the report is its `next`. */
  readonly comparison: Comparison | null;
}

export const NO_REPORT: ReportData = { explanations: {}, comparison: null };
