/** Results as NDJSON: one line a test, then one with the totals. */

import { type SuiteResult, totalsOf } from '../expect/result.ts';
import { escapeJson } from './escape.ts';

export function formatReportNdjson(suites: readonly SuiteResult[]): string {
  const lines: object[] = suites.flatMap(({ name: suite, kernel, file, tests }) =>
    tests.map((test) => ({ event: 'test', suite, kernel, file, ...test })),
  );
  const incomplete = suites.flatMap(({ name, incomplete: why }) =>
    why === undefined ? [] : [{ suite: name, why }],
  );
  lines.push({ event: 'totals', ...totalsOf(suites), incomplete });
  return lines.map((line) => `${escapeJson(JSON.stringify(line))}\n`).join('');
}
