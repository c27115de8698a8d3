/** What a checker found, as a suite of results. */

import { type Checker, incompleteness, resultsOf } from '../../src/expect/check.ts';
import type { SuiteResult, TestResult } from '../../src/expect/result.ts';
import type { Names } from '../../src/expect-stage.ts';

const NS_PER_MS = 1_000_000n;

/**
 * `extra`: further tests, told first; `damage`: what is missing of a trace; `before`: what the
 * counters said when the checker began.
 */
export function suiteOf(
  checker: Checker,
  names: Names,
  extra: readonly TestResult[] = [],
  damage?: string,
  before: Pick<Names, 'lost' | 'skipped'> = { lost: 0, skipped: 0 },
): SuiteResult {
  const { name, file } = checker.set;
  const { startNs, realtimeNs, nowNs, kernel } = names;
  const [lost, skipped] = [names.lost - before.lost, names.skipped - before.skipped];
  const open = incompleteness(checker);
  const lacks = [
    ...(lost > 0 ? [`${lost} records lost`] : []),
    ...(damage === undefined ? [] : [damage]),
    ...(open === undefined ? [] : [open]),
    // Why something may be undecided though nothing was lost.
    ...(open !== undefined && skipped > 0 ? [`${skipped} runs of hooks skipped`] : []),
  ];
  return {
    name,
    kernel,
    file,
    tests: [...extra, ...resultsOf(checker)],
    ...(realtimeNs === undefined ? {} : { startTime: rfc3339(realtimeNs) }),
    ...(startNs === undefined ? {} : { durationMs: Number((nowNs - startNs) / NS_PER_MS) }),
    ...(lacks.length === 0 ? {} : { incomplete: lacks.join('; ') }),
  };
}

function rfc3339(realtimeNs: bigint): string {
  return new Date(Number(realtimeNs / NS_PER_MS)).toISOString();
}
