/**
 * Results as a KCIDB report, I/O schema 5.3 (https://github.com/kernelci/kcidb-io): tests of a
 * build that the submitter names. A known failure counts as passed there; `misc` has the truth.
 */

import type { Status, SuiteResult, TestResult } from '../expect/result.ts';
import { escapeTerminal } from './escape.ts';

export interface KcidbOptions {
  /** Name of the submitting CI system: `[a-z0-9_]+`. */
  readonly origin: string;
  /** `ORIGIN:ID` of the kernel build that was tested. */
  readonly buildId: string;
  /** Makes the ids of this run unique. */
  readonly run: string;
}

export interface KcidbTest {
  readonly id: string;
  readonly origin: string;
  readonly build_id: string;
  readonly path: string;
  readonly comment: string;
  readonly status: 'FAIL' | 'ERROR' | 'MISS' | 'PASS' | 'DONE' | 'SKIP';
  readonly log_excerpt?: string;
  readonly start_time?: string;
  /** Seconds. */
  readonly duration?: number;
  readonly misc: object;
}

/** Schema limit of `log_excerpt`. */
const EXCERPT_MAX = 16_384;
const ORIGIN = /^[a-z0-9_]+$/;

export function isKcidbOrigin(origin: string): boolean {
  return ORIGIN.test(origin);
}

/** `ORIGIN:ID`, as build ids are. */
export function isKcidbId(id: string): boolean {
  const [origin = ''] = id.split(':');
  return isKcidbOrigin(origin) && id.includes(':') && !id.includes('\0');
}

export function kcidbReport(
  suites: readonly SuiteResult[],
  options: KcidbOptions,
): { readonly version: object; readonly tests: readonly KcidbTest[] } {
  const tests = suites.flatMap((suite, i) =>
    suite.tests.map((test, j) => kcidbTest(suite, test, options, `${i + 1}.${j + 1}`)),
  );
  return { version: { major: 5, minor: 3 }, tests };
}

function kcidbTest(
  suite: SuiteResult,
  test: TestResult,
  { origin, buildId, run }: KcidbOptions,
  number: string,
): KcidbTest {
  const { startTime, kernel, file } = suite;
  const { name, status, reason, details, durationMs } = test;
  const excerpt = details.map((line) => `${escapeTerminal(line)}\n`).join('');
  return {
    id: `${origin}:pvdscope-${pathPart(run)}-${number}`,
    origin,
    build_id: buildId,
    path: `pvdscope.${pathPart(suite.name)}.${pathPart(name)}`,
    comment: escapeTerminal(`${suite.name}: ${name}`),
    status: STATUS[status],
    ...(excerpt === '' ? {} : { log_excerpt: excerpt.slice(0, EXCERPT_MAX) }),
    ...(startTime === undefined ? {} : { start_time: startTime }),
    ...(durationMs === undefined ? {} : { duration: durationMs / 1000 }),
    misc: { kernel, file: escapeTerminal(file), status, reason: escapeTerminal(reason) },
  };
}

const STATUS: Readonly<Record<Status, KcidbTest['status']>> = {
  pass: 'PASS',
  fail: 'FAIL',
  xfail: 'PASS',
  xpass: 'PASS',
  skip: 'SKIP',
  error: 'ERROR',
};

/** One part of a test's path: letters, digits, `_`, `-`. */
function pathPart(text: string): string {
  return text.replace(/[^a-zA-Z0-9_-]+/g, '_').replace(/^_|_$/g, '') || '_';
}
