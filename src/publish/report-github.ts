/** Results as workflow commands of GitHub Actions, which annotate the lines of the file. */

import { isBad, type SuiteResult, type TestResult } from '../expect/result.ts';
import { escapeTerminal } from './escape.ts';
import { suiteTitle } from './report-tap.ts';

export function formatGithub(suites: readonly SuiteResult[]): string {
  return suites
    .flatMap((suite) =>
      suite.tests
        .filter(({ status }) => isBad(status) || status === 'xpass')
        .map((test) => annotation(suite, test)),
    )
    .join('');
}

function annotation(suite: SuiteResult, { name, status, reason, details, place }: TestResult) {
  const [, file = suite.file, line, col] = /^(.*):(\d+):(\d+)$/.exec(place ?? '') ?? [];
  const properties = [
    `file=${property(file)}`,
    ...(line === undefined ? [] : [`line=${line}`, `col=${col}`]),
    `title=${property(`${suiteTitle(suite)}: ${name}`)}`,
  ];
  const said = [
    ...(status === 'xpass' ? ['passed although known to fail'] : []),
    ...(reason === '' ? [] : [reason]),
    ...details,
  ];
  const message = said.map((text) => data(text)).join('%0A');
  return `::${status === 'xpass' ? 'warning' : 'error'} ${properties.join(',')}::${message}\n`;
}

/** As @actions/core escapes what stands behind the second `::`. */
function data(text: string): string {
  return escapeTerminal(text).replace(/%/g, '%25');
}

function property(text: string): string {
  return data(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
}
