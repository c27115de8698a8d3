/** Where results go: one format on stdout, any others into files; and the exit code they give. */

import { appendFileSync, writeFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { RunFacts, SuiteResult } from '../../src/expect/result.ts';
import { statusOf, totalsOf } from '../../src/expect/result.ts';
import { escapeJson } from '../../src/publish/escape.ts';
import { formatGithub } from '../../src/publish/report-github.ts';
import { formatReportNdjson } from '../../src/publish/report-json.ts';
import { formatJunit } from '../../src/publish/report-junit.ts';
import { isKcidbId, kcidbReport } from '../../src/publish/report-kcidb.ts';
import { formatMarkdown } from '../../src/publish/report-markdown.ts';
import { formatTap } from '../../src/publish/report-tap.ts';
import { AgentError, EXIT } from '../error.ts';

export const REPORT_FORMATS = ['tap', 'junit', 'ndjson', 'markdown', 'kcidb', 'github'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

export interface ReportFlags {
  readonly report: readonly ReportFile[];
  readonly kcidbBuild?: string;
  readonly ksft?: boolean;
}

export interface ReportFile {
  readonly format: ReportFormat;
  readonly file: string;
}

export function reportOptions(command: Command): Command {
  const formats = REPORT_FORMATS.join(', ');
  return command
    .addOption(
      new Option(
        '--report <format=file>',
        `write a report to a file too (repeatable): ${formats}; markdown is appended`,
      )
        .argParser(collectReport)
        .default([]),
    )
    .option('--kcidb-build <origin:id>', 'the build that a kcidb report is about', kcidbId)
    .option('--ksft', "TAP and exit codes as the kernel's selftests have them");
}

function collectReport(value: string, before: readonly ReportFile[]): ReportFile[] {
  const [, format = '', file = ''] = /^([a-z]+)=(.+)$/.exec(value) ?? [];
  const known = REPORT_FORMATS.find((name) => name === format);
  if (known !== undefined) return [...before, { format: known, file }];
  throw new InvalidArgumentError(`FORMAT=FILE is needed, with one of ${REPORT_FORMATS.join(', ')}`);
}

function kcidbId(value: string): string {
  if (isKcidbId(value)) return value;
  throw new InvalidArgumentError('ORIGIN:ID is needed, with an origin of a-z, 0-9 and _');
}

export interface Run {
  readonly suites: readonly SuiteResult[];
  /** Makes ids unique, e.g. boot id and start. */
  readonly id: string;
  readonly facts?: RunFacts | undefined;
}

export function formatReport(
  format: ReportFormat,
  { suites, id, facts }: Run,
  flags: ReportFlags,
): string {
  switch (format) {
    case 'tap':
      return formatTap(suites, { ksft: flags.ksft ?? false });
    case 'junit':
      return formatJunit(suites);
    case 'ndjson':
      return formatReportNdjson(suites);
    case 'markdown':
      return formatMarkdown(suites, facts);
    case 'github':
      return formatGithub(suites);
    case 'kcidb': {
      const buildId = flags.kcidbBuild ?? '';
      const [origin = ''] = buildId.split(':');
      const report = kcidbReport(suites, { origin, buildId, run: id });
      return `${escapeJson(JSON.stringify(report))}\n`;
    }
  }
}

/** @throws AgentError `PVD_ERR_USAGE` when a kcidb report has no build to be about. */
export function checkReportFlags(format: ReportFormat, flags: ReportFlags): void {
  const all = [format, ...flags.report.map((report) => report.format)];
  if (!all.includes('kcidb') || flags.kcidbBuild !== undefined) return;
  throw new AgentError({
    code: 'PVD_ERR_USAGE',
    op: 'report',
    message: 'a kcidb report needs --kcidb-build ORIGIN:ID',
    hint: 'the id of the kernel build that was tested, as it was or will be submitted',
    exitCode: EXIT.usage,
  });
}

/** @throws AgentError `PVD_ERR_REPORT_WRITE` */
export function writeReports(run: Run, flags: ReportFlags): void {
  for (const { format, file } of flags.report) {
    const text = formatReport(format, run, flags);
    try {
      // A step summary belongs to all the commands of a step.
      if (format === 'markdown') appendFileSync(file, text);
      else writeFileSync(file, text);
    } catch (cause) {
      throw new AgentError({
        code: 'PVD_ERR_REPORT_WRITE',
        op: `write ${file}`,
        message: `cannot write ${file}: ${cause instanceof Error ? cause.message : String(cause)}`,
        cause,
      });
    }
  }
}

/** 1 something failed, 3 could not be tried, 5 is incomplete, 4 all was skipped, 0 otherwise. */
export function reportExitCode(suites: readonly SuiteResult[], ksft = false): number {
  const totals = totalsOf(suites);
  if (ksft) return ksftExitCode(suites);
  if (totals.fail > 0) return EXIT.failed;
  if (totals.error > 0) return EXIT.environment;
  if (suites.some(({ incomplete }) => incomplete !== undefined)) return EXIT.incomplete;
  return statusOf(suites.flatMap(({ tests }) => tests)) === 'skip' ? EXIT.skipped : EXIT.ok;
}

/** `KSFT_PASS`, `KSFT_FAIL`, `KSFT_XFAIL`, `KSFT_XPASS`, `KSFT_SKIP` (kselftest.h). */
function ksftExitCode(suites: readonly SuiteResult[]): number {
  if (suites.some(({ incomplete }) => incomplete !== undefined)) return 1;
  const codes = { pass: 0, fail: 1, error: 1, xfail: 2, xpass: 3, skip: 4 } as const;
  return codes[statusOf(suites.flatMap(({ tests }) => tests))];
}
