/** `pvdscope lab run SCENARIO… [--kernel K…]`: builds, runs, checks and reports scenarios. */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Command, Option } from 'commander';
import type { RunFacts, SuiteResult } from '../../src/expect/result.ts';
import { escapeJson } from '../../src/publish/escape.ts';
import { EXIT } from '../error.ts';
import { expectationsOf } from '../expect/expect-file.ts';
import { createLabCheck, type LabCheck, skippedChecks } from '../expect/lab-check.ts';
import {
  checkReportFlags,
  formatReport,
  REPORT_FORMATS,
  type ReportFlags,
  reportExitCode,
  reportOptions,
  writeReports,
} from '../expect/report-output.ts';
import { interruptible } from '../lab/interrupt.ts';
import { findKernel, type Kernel } from '../lab/kernel.ts';
import { jobsFor, partsOf, runMatrix } from '../lab/matrix.ts';
import { runId } from '../lab/run-id.ts';
import { loadScenario, type ScenarioFile } from '../lab/scenario-file.ts';
import { createReport, type Report, tapProgress } from '../lab/scenario-report.ts';
import { type Observer, runScenario } from '../lab/scenario-run.ts';
import { canTrace } from '../probe/environment.ts';
import {
  collect,
  type GuestFlags,
  guestOptions,
  KERNEL_HELP,
  positive,
  whole,
  wholeOrNone,
} from './lab-flags.ts';
import { VERSION } from './version.ts';

interface RunFlags extends GuestFlags, ReportFlags {
  readonly format: 'text' | (typeof REPORT_FORMATS)[number];
  readonly check: boolean;
  readonly within: number;
  readonly retries: number;
  readonly scenarioTimeout: number;
  readonly jobs?: number;
  readonly trace?: string;
}

export function labRunCommand(): Command {
  const command = new Command('run')
    .description('build the topology of each scenario, run its actions, check and report each')
    .argument('<scenario...>', 'scenario files (YAML)')
    .option('--kernel <name>', `run in a guest (repeatable): ${KERNEL_HELP}`, collect, [])
    .addOption(
      new Option('--format <format>', 'text is TAP 13 as it comes, ndjson events as they come')
        .choices(['text', ...REPORT_FORMATS])
        .default('text'),
    )
    .option('--no-check', 'do not watch the kernel, so that no expectation is checked')
    .option('--within <seconds>', 'wait so long for what is expected', positive, 10)
    .option('--retries <n>', 'run an incomplete scenario again, so often at most', wholeOrNone, 1)
    .option('--scenario-timeout <seconds>', 'end a guest silent for so long', positive, 300)
    .option('--jobs <n>', 'guests at once; what CPUs and memory allow unless given', whole)
    .option(
      '--trace <file>',
      'record the run, too; of several guests each, with its kernel in the name',
    );
  return reportOptions(guestOptions(command)).action(async (files: string[], flags: RunFlags) => {
    // Typing mistakes are told before anything is fetched, booted or built.
    const scenarios = files.map(loadScenario);
    checkReportFlags(flags.format === 'text' ? 'tap' : flags.format, flags);
    const report = reportFor(flags);
    const facts = await interruptible((signal) =>
      flags.kernel.length === 0
        ? runHere(scenarios, flags, report, signal)
        : runThere(files, flags, report, signal),
    );
    report.end();
    const { format } = flags;
    const run = { suites: inOrder(report.suites, files), id: runId(), facts };
    if (format !== 'text' && format !== 'tap' && format !== 'ndjson') {
      process.stdout.write(formatReport(format, run, flags));
    }
    writeReports(run, flags);
    const code = reportExitCode(report.suites, flags.ksft);
    // A run without an agent to check is what was asked for, or what it says in each line.
    process.exitCode = code === EXIT.skipped && !flags.ksft ? EXIT.ok : code;
  });
}

function reportFor({ format, ksft = false }: RunFlags): Report {
  const write = (text: string) => void process.stdout.write(text);
  if (format === 'text' || format === 'tap') return createReport(tapProgress(write, { ksft }));
  const report = createReport();
  if (format !== 'ndjson') return report;
  return {
    ...report,
    push: (event) => {
      write(`${escapeJson(JSON.stringify(event))}\n`);
      report.push(event);
    },
  };
}

async function runHere(
  scenarios: readonly ScenarioFile[],
  flags: RunFlags,
  report: Report,
  signal: AbortSignal,
): Promise<undefined> {
  const trace = flags.check ? canTrace() : { ok: false, reason: 'not asked for' };
  const { within, retries, trace: tracePath } = flags;
  const options = { version: VERSION, tracePath, withinMs: within * 1000, signal };
  const check: LabCheck | undefined = trace.ok ? createLabCheck(options) : undefined;
  try {
    for (const file of scenarios) {
      const observe = check?.of(file) ?? unchecked(file, trace.reason);
      await runScenario(file, { onEvent: report.push, signal, observe, retries });
    }
  } finally {
    await check?.close();
  }
}

/** Where nothing is checked, each expectation says so. */
function unchecked({ scenario, source }: ScenarioFile, reason: string): Observer {
  if (scenario.expect.length === 0) return {};
  const tests = skippedChecks(expectationsOf(scenario, source), `not checked: ${reason}`);
  return { check: async () => ({ tests }) };
}

async function runThere(
  files: readonly string[],
  flags: RunFlags,
  report: Report,
  signal: AbortSignal,
): Promise<RunFacts> {
  const startedAt = performance.now();
  const kernels: Kernel[] = [];
  for (const name of flags.kernel) {
    kernels.push(await findKernel(name, { modules: flags.modules, signal }));
  }
  const jobs = flags.jobs ?? jobsFor(flags.memory, availableKiB());
  const parts = partsOf(kernels, files, jobs);
  const guests = await runMatrix({
    parts,
    jobs,
    guest: { timeoutMs: flags.timeout * 1000, memMiB: flags.memory, signal },
    silenceMaxMs: flags.scenarioTimeout * 1000,
    args: [
      `--within=${flags.within}`,
      `--retries=${flags.retries}`,
      ...(flags.check ? [] : ['--no-check']),
    ],
    trace: flags.trace,
    report,
  });
  const wallMs = Math.round(performance.now() - startedAt);
  return { wallMs, jobs: Math.min(jobs, parts.length), guests };
}

function availableKiB(): number {
  const text = readFileSync('/proc/meminfo', 'utf8');
  return Number(/^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0);
}

/** By kernel and file as they were given: guests side by side end in any order. */
function inOrder(suites: readonly SuiteResult[], files: readonly string[]): SuiteResult[] {
  const kernels = [...new Set(suites.map(({ kernel }) => kernel))].sort((a, b) =>
    a.localeCompare(b, 'en', { numeric: true }),
  );
  const paths = files.map((file) => path.resolve(file));
  const rank = ({ kernel, file }: SuiteResult) =>
    kernels.indexOf(kernel) * (paths.length + 1) + (paths.indexOf(path.resolve(file)) + 1);
  return [...suites].sort((a, b) => rank(a) - rank(b));
}
