/**
 * Results as TAP 13 with one subtest a suite, in pieces, so that a long run can be followed.
 *
 * A known failure is `not ok … # TODO`, which every consumer of TAP takes for no failure. With
 * `ksft` it is `ok … # XFAIL` as tools/testing/selftests/kselftest.h prints it.
 */

import {
  isBad,
  type Status,
  type SuiteResult,
  statusOf,
  type TestResult,
  totalsOf,
} from '../expect/result.ts';
import { escapeTap, escapeTerminal } from './escape.ts';

export interface TapOptions {
  readonly ksft?: boolean;
}

export const TAP_HEADER = 'TAP version 13\n';
const INDENT = '    ';

export function tapSuiteBegin({ name, kernel }: Pick<SuiteResult, 'name' | 'kernel'>): string {
  return `# Subtest: ${escapeTap(suiteTitle({ name, kernel }))}\n`;
}

/** The `number`th test of a suite. */
export function tapTest(number: number, test: TestResult, options: TapOptions = {}): string {
  const { durationMs, details } = test;
  const notes = [
    ...(isBad(test.status) && test.reason !== '' ? [test.reason] : []),
    ...details,
    ...(durationMs === undefined ? [] : [`${durationMs} ms`]),
  ];
  return (
    tapLine(number, test, options) +
    notes
      .flatMap((note) => note.split('\n'))
      .map(noteLine)
      .join('')
  );
}

/** The `number`th suite as a whole, after its tests. */
export function tapSuiteEnd(number: number, suite: SuiteResult, options: TapOptions = {}): string {
  const status = statusOf(suite.tests);
  const reason = status === 'skip' ? (suite.tests[0]?.reason ?? '') : '';
  const line = tapLine(number, { name: suiteTitle(suite), status: whole(status), reason }, options);
  const note = suite.incomplete === undefined ? '' : `# incomplete: ${suite.incomplete}\n`;
  return `${INDENT}1..${suite.tests.length}\n${line.slice(INDENT.length)}${note}`;
}

/** Instead of {@link tapSuiteEnd} when the suite is run again: what came before counts for nothing. */
export function tapSuiteAgain({ name, kernel, incomplete = '' }: SuiteResult): string {
  const title = escapeTap(suiteTitle({ name, kernel }));
  return `# ${title} is run again, for it was incomplete: ${escapeTerminal(incomplete)}\n`;
}

export function tapEnd(suites: readonly SuiteResult[]): string {
  const { pass, fail, xfail, xpass, skip, error } = totalsOf(suites);
  return `1..${suites.length}\n# Totals: pass:${pass} fail:${fail} xfail:${xfail} xpass:${xpass} skip:${skip} error:${error}\n`;
}

export function formatTap(suites: readonly SuiteResult[], options: TapOptions = {}): string {
  const body = suites.map((suite, i) => {
    const tests = suite.tests.map((test, j) => tapTest(j + 1, test, options));
    return [tapSuiteBegin(suite), ...tests, tapSuiteEnd(i + 1, suite, options)].join('');
  });
  return `${TAP_HEADER}${body.join('')}${tapEnd(suites)}`;
}

export function suiteTitle({ name, kernel }: Pick<SuiteResult, 'name' | 'kernel'>): string {
  return kernel === '' ? name : `${name} [${kernel}]`;
}

/** A suite of known failures alone has failed nothing. */
function whole(status: Status): Status {
  return status === 'xfail' || status === 'xpass' ? 'pass' : status;
}

function tapLine(
  number: number,
  { name, status, reason }: Pick<TestResult, 'name' | 'status' | 'reason'>,
  { ksft = false }: TapOptions,
): string {
  const isOk = !isBad(status) && (ksft || status !== 'xfail');
  const word = directive(status, ksft);
  const why =
    word === '' ? '' : ` # ${word} ${escapeTerminal(reason).replace(/#/g, '\\#')}`.trimEnd();
  return `${INDENT}${isOk ? 'ok' : 'not ok'} ${number} - ${escapeTap(name)}${why}\n`;
}

function directive(status: Status, ksft: boolean): string {
  if (status === 'skip') return 'SKIP';
  if (status === 'xfail' || status === 'xpass') return ksft ? status.toUpperCase() : 'TODO';
  return '';
}

function noteLine(note: string): string {
  return `${INDENT}# ${escapeTerminal(note)}\n`;
}
