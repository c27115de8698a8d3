/** Results as JUnit XML: one testsuite a scenario and kernel; a known failure counts as skipped. */

import { type SuiteResult, type TestResult, totalsOf } from '../expect/result.ts';
import { escapeTerminal } from './escape.ts';
import { suiteTitle } from './report-tap.ts';

export function formatJunit(suites: readonly SuiteResult[]): string {
  // Jenkins' schema knows `skipped` of a testsuite, not of all of them together.
  const all = counts(suites).replace(/ skipped="\d+"$/, '');
  const body = suites.map(formatSuite).join('');
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="pvdscope" ${all}>\n${body}</testsuites>\n`;
}

function formatSuite(suite: SuiteResult): string {
  const { startTime, durationMs, tests, file, incomplete } = suite;
  const when = startTime === undefined ? '' : ` timestamp="${escapeXml(startTime)}"`;
  const head = `  <testsuite name="${escapeXml(suiteTitle(suite))}" ${counts([suite])} time="${seconds(durationMs)}"${when}>\n`;
  const properties = [
    ['kernel', suite.kernel],
    ['file', file],
    ...(incomplete === undefined ? [] : [['incomplete', incomplete]]),
  ].map(
    ([name = '', value = '']) =>
      `      <property name="${escapeXml(name)}" value="${escapeXml(value)}"/>\n`,
  );
  const cases = tests.map((test) => formatTest(suite, test));
  return `${head}    <properties>\n${properties.join('')}    </properties>\n${cases.join('')}  </testsuite>\n`;
}

function formatTest(suite: SuiteResult, test: TestResult): string {
  const { name, durationMs } = test;
  const head = `    <testcase classname="${escapeXml(`pvdscope.${suite.name}`)}" name="${escapeXml(name)}" time="${seconds(durationMs)}"`;
  const inner = outcome(test);
  return inner === '' ? `${head}/>\n` : `${head}>\n${inner}    </testcase>\n`;
}

function outcome({ status, reason, details }: TestResult): string {
  const [first = reason] = details;
  const text = escapeXml(details.join('\n'), true);
  switch (status) {
    case 'fail':
      return `      <failure message="${escapeXml(first)}" type="expectation">${text}</failure>\n`;
    case 'error':
      return `      <error message="${escapeXml(reason || first)}" type="environment">${text}</error>\n`;
    case 'skip':
      return `      <skipped message="${escapeXml(reason)}"/>\n`;
    case 'xfail':
      return `      <skipped message="${escapeXml(`known failure: ${reason}`)}"/>\n`;
    case 'xpass':
      return `      <system-out>${escapeXml(`passed although known to fail: ${reason}`)}</system-out>\n`;
    case 'pass':
      return '';
  }
}

function counts(suites: readonly SuiteResult[]): string {
  const { pass, fail, xfail, xpass, skip, error } = totalsOf(suites);
  const tests = pass + fail + xfail + xpass + skip + error;
  return `tests="${tests}" failures="${fail}" errors="${error}" skipped="${skip + xfail}"`;
}

function seconds(ms: number | undefined): string {
  return ((ms ?? 0) / 1000).toFixed(3);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** XML 1.0 has no way to write most control characters: they become visible escapes. */
export function escapeXml(text: string, keepLines = false): string {
  const lines = keepLines ? text.split('\n') : [text];
  return lines
    .map((line) => escapeTerminal(line).replace(/[&<>"']/g, (c) => ENTITIES[c] ?? c))
    .join('\n')
    .replace(/[\ufffe\uffff]/g, '\ufffd');
}
