/**
 * Results as a Markdown summary, as for `$GITHUB_STEP_SUMMARY`: scenarios by kernels, what failed,
 * what is known to fail, what it took.
 */

import {
  isBad,
  type RunFacts,
  type Status,
  type SuiteResult,
  statusOf,
  type TestResult,
  totalsOf,
} from '../expect/result.ts';
import { escapeTerminal } from './escape.ts';

const SIGN = { pass: '✅', fail: '❌', xfail: '➖', xpass: '❕', skip: '⏭️', error: '💥' } as const;
const LEGEND =
  '✅ as expected, ❌ not so, ➖ not so and known, ❕ known not to be so, but it was, ⏭️ skipped, 💥 could not be tried. Numbers count expectations and actions.';

export function formatMarkdown(suites: readonly SuiteResult[], facts?: RunFacts): string {
  const totals = Object.entries(totalsOf(suites)).filter(([, count]) => count > 0);
  const line = totals.map(([status, count]) => `${count} ${status}`).join(', ');
  const told = suites.flatMap((suite) =>
    suite.tests.filter(({ status }) => isBad(status)).map((test) => formatTold(suite, test)),
  );
  const incomplete = suites
    .filter((suite) => suite.incomplete !== undefined)
    .map(
      ({ name, kernel, incomplete: why = '' }) =>
        `- ${code(name)} ${code(kernel)} is incomplete: ${code(why)}\n`,
    );
  return [
    `### pvdscope: ${line === '' ? 'nothing was tested' : line}\n\n`,
    facts === undefined ? '' : `${took(facts)}\n\n`,
    section('', [...told, ...incomplete]),
    formatTable(suites),
    section('Known not to be so:\n\n', known(suites, 'xfail')),
    section('Known not to be so, but it was:\n\n', known(suites, 'xpass')),
    section('Skipped:\n\n', known(suites, 'skip')),
    facts === undefined ? '' : formatGuests(facts),
  ].join('');
}

function section(head: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${head}${lines.join('')}\n`;
}

/** A row a scenario, a column a kernel. */
function formatTable(suites: readonly SuiteResult[]): string {
  const kernels = [...new Set(suites.map(({ kernel }) => kernel))];
  const rows = new Map<string, SuiteResult[]>();
  for (const suite of suites) {
    const row = rows.get(suite.name);
    if (row) row.push(suite);
    else rows.set(suite.name, [suite]);
  }
  const body = [...rows].map(([name, row]) => {
    const cells = kernels.map((kernel) =>
      row
        .filter((suite) => suite.kernel === kernel)
        .map(formatCell)
        .join('; '),
    );
    const status = statusOf(row.flatMap(({ tests }) => tests));
    return `| ${SIGN[status]} | ${code(name)} |${cells.map((cell) => ` ${cell} |`).join('')}\n`;
  });
  const head = kernels.map((kernel) => ` ${code(kernel)} |`).join('');
  return `| | scenario |${head}\n|---|---|${kernels.map(() => '---|').join('')}\n${body.join('')}\n${LEGEND}\n\n`;
}

/** `✅ 6 ➖ 1, 8.3 s` */
function formatCell(suite: SuiteResult): string {
  const counts = Object.entries(totalsOf([suite]))
    .filter(([, count]) => count > 0)
    .map(([status, count]) => `${SIGN[status as Status]} ${count}`);
  const { durationMs } = suite;
  return `${counts.join(' ')}${durationMs === undefined ? '' : `, ${seconds(durationMs)}`}`;
}

function formatTold(suite: SuiteResult, { name, status, reason, details }: TestResult): string {
  const notes = [...(reason === '' ? [] : [reason]), ...details];
  const head = `- ${SIGN[status]} ${code(suite.name)} ${code(suite.kernel)}: ${code(name)}\n`;
  return head + notes.map((note) => `  - ${code(note)}\n`).join('');
}

/** A line a reason and test, with the kernels it holds for. */
function known(suites: readonly SuiteResult[], status: Status): string[] {
  const lines = new Map<string, string[]>();
  for (const { name, kernel, tests } of suites) {
    for (const test of tests) {
      if (test.status !== status) continue;
      const line = `- ${SIGN[status]} ${code(test.reason)}: ${code(name)}, ${code(test.name)}`;
      lines.set(line, [...(lines.get(line) ?? []), kernel]);
    }
  }
  return [...lines].map(([line, kernels]) => `${line} (${kernels.map(code).join(', ')})\n`);
}

function took({ wallMs, jobs, guests }: RunFacts): string {
  const scenarios = guests.reduce((sum, guest) => sum + guest.scenarios, 0);
  const kernels = new Set(guests.map(({ kernel }) => kernel)).size;
  return `${scenarios} runs of scenarios on ${kernels} kernels in ${minutes(wallMs)}, ${guests.length} guests, ${jobs} at once.`;
}

function formatGuests({ guests }: RunFacts): string {
  const rows = guests.map(
    ({ kernel, scenarios, end, boots, bootMs, runMs, usedKiB, hostKiB }) =>
      `| ${code(kernel)} | ${scenarios} | ${end} | ${boots} | ${seconds(bootMs)} | ${minutes(runMs)} | ${mebibytes(usedKiB)} | ${mebibytes(hostKiB)} |\n`,
  );
  return `| guest | scenarios | end | boots | boot | run | memory in it at the end | memory of the host at most |\n|---|---:|---|---:|---:|---:|---:|---:|\n${rows.join('')}\n`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function minutes(ms: number): string {
  const whole = Math.round(ms / 1000);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function mebibytes(kiB: number | undefined): string {
  return kiB === undefined ? '' : `${Math.round(kiB / 1024)} MiB`;
}

/**
 * Text as code: entities are never taken for Markdown, and what stands in `code` mentions nobody.
 */
function code(text: string): string {
  if (text === '') return '';
  const safe = escapeTerminal(text).replace(/[!-/:-@[-`{-~]/g, (c) => `&#${c.charCodeAt(0)};`);
  return `<code>${safe}</code>`;
}
