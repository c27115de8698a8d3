/** Results as a Markdown summary, as for `$GITHUB_STEP_SUMMARY`: what failed first. */

import { isBad, type SuiteResult, statusOf, type TestResult, totalsOf } from '../expect/result.ts';
import { escapeTerminal } from './escape.ts';

const SIGN = { pass: '✅', fail: '❌', xfail: '➖', xpass: '❕', skip: '⏭️', error: '💥' } as const;

export function formatMarkdown(suites: readonly SuiteResult[]): string {
  const totals = Object.entries(totalsOf(suites)).filter(([, count]) => count > 0);
  const line = totals.map(([status, count]) => `${count} ${status}`).join(', ');
  const rows = suites.map((suite) => {
    const { name, kernel, tests } = suite;
    const { pass, fail, xfail, xpass, skip, error } = totalsOf([suite]);
    const bad = fail + error;
    return `| ${SIGN[statusOf(tests)]} | ${code(name)} | ${code(kernel)} | ${pass} | ${bad} | ${xfail} | ${xpass} | ${skip} |\n`;
  });
  const told = suites.flatMap((suite) =>
    suite.tests
      .filter(({ status }) => isBad(status) || status === 'xpass')
      .map((test) => formatTold(suite, test)),
  );
  const incomplete = suites
    .filter((suite) => suite.incomplete !== undefined)
    .map(({ name, incomplete: why = '' }) => `- ${code(name)} is incomplete: ${code(why)}\n`);
  return [
    `### pvdscope: ${line === '' ? 'nothing was tested' : line}\n\n`,
    '| | scenario | kernel | pass | fail | xfail | xpass | skip |\n|---|---|---|---:|---:|---:|---:|---:|\n',
    ...rows,
    ...(told.length + incomplete.length > 0 ? ['\n', ...told, ...incomplete] : []),
  ].join('');
}

function formatTold(suite: SuiteResult, { name, status, reason, details }: TestResult): string {
  const notes = [...(reason === '' ? [] : [reason]), ...details];
  const head = `- ${SIGN[status]} ${code(suite.name)} ${code(suite.kernel)}: ${code(name)}\n`;
  return head + notes.map((note) => `  - ${code(note)}\n`).join('');
}

/**
 * Text as code: entities are never taken for Markdown, and what stands in `code` mentions nobody.
 */
function code(text: string): string {
  if (text === '') return '';
  const safe = escapeTerminal(text).replace(/[!-/:-@[-`{-~]/g, (c) => `&#${c.charCodeAt(0)};`);
  return `<code>${safe}</code>`;
}
