/** `pvdscope lab run SCENARIO… [--kernel K…]`: builds, runs, checks and reports scenarios. */

import path from 'node:path';
import { Command, Option } from 'commander';
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
import { runScenariosInGuest } from '../lab/guest-run.ts';
import { interruptible } from '../lab/interrupt.ts';
import { findKernel, type Kernel } from '../lab/kernel.ts';
import { runId } from '../lab/run-id.ts';
import { loadScenario, type ScenarioFile } from '../lab/scenario-file.ts';
import { createReport, type Report, tapProgress } from '../lab/scenario-report.ts';
import { type Observer, runScenario, type ScenarioEvent } from '../lab/scenario-run.ts';
import type { GuestResult } from '../lab/vm.ts';
import { canTrace } from '../probe/environment.ts';
import { collect, type GuestFlags, guestOptions, KERNEL_HELP, positive } from './lab-flags.ts';
import { VERSION } from './version.ts';

interface RunFlags extends GuestFlags, ReportFlags {
  readonly format: 'text' | (typeof REPORT_FORMATS)[number];
  readonly check: boolean;
  readonly within: number;
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
    .option('--trace <file>', 'record the run, too; of several guests the last one stays');
  return reportOptions(guestOptions(command)).action(async (files: string[], flags: RunFlags) => {
    // Typing mistakes are told before anything is fetched, booted or built.
    const scenarios = files.map(loadScenario);
    checkReportFlags(flags.format === 'text' ? 'tap' : flags.format, flags);
    const report = reportFor(flags);
    await interruptible((signal) =>
      flags.kernel.length === 0
        ? runHere(scenarios, flags, report, signal)
        : runThere(files, flags, report, signal),
    );
    report.end();
    const { format } = flags;
    if (format !== 'text' && format !== 'tap' && format !== 'ndjson') {
      process.stdout.write(formatReport(format, report.suites, flags, runId()));
    }
    writeReports(report.suites, flags, runId());
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
): Promise<void> {
  const trace = flags.check ? canTrace() : { ok: false, reason: 'not asked for' };
  const { within, trace: tracePath } = flags;
  const options = { version: VERSION, tracePath, withinMs: within * 1000, signal };
  const check: LabCheck | undefined = trace.ok ? createLabCheck(options) : undefined;
  try {
    for (const file of scenarios) {
      const observe = check?.of(file) ?? unchecked(file, trace.reason);
      await runScenario(file, { onEvent: report.push, signal, observe });
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

/** One guest runs them all; where it dies with one, another guest goes on with the next. */
async function runThere(
  files: readonly string[],
  flags: RunFlags,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  for (const name of flags.kernel) {
    const kernel = await findKernel(name, { modules: flags.modules, signal });
    for (let rest = files; rest.length > 0; ) {
      const { result, begun, ended } = await runGuest(rest, kernel, flags, report, signal);
      const { end, complaints } = result;
      const isWhole = end === 'exited' && ended === rest.length;
      // A guest that does not get as far as the first one will not with the next.
      const lost = begun === 0 ? rest : rest.slice(ended, ended + 1);
      const why = [...(isWhole ? [] : [`guest: ${end}`]), ...complaints].join('\n');
      for (const file of lost) report.broken(file, kernel.release, why);
      if (lost.length === 0 && why !== '') report.broken('the guest', kernel.release, why);
      rest = rest.slice(ended + lost.length);
    }
  }
}

async function runGuest(
  files: readonly string[],
  kernel: Kernel,
  flags: RunFlags,
  report: Report,
  signal: AbortSignal,
): Promise<{ result: GuestResult; begun: number; ended: number }> {
  let [begun, ended] = [0, 0];
  const onEvent = (event: ScenarioEvent): void => {
    if (event.event === 'begin') begun++;
    if (event.event === 'end') ended++;
    report.push(event);
  };
  const trace = flags.trace === undefined ? undefined : path.resolve(flags.trace);
  const result = await runScenariosInGuest(files, {
    kernel,
    timeoutMs: flags.timeout * 1000,
    memMiB: flags.memory,
    signal,
    onEvent,
    args: [
      `--within=${flags.within}`,
      ...(flags.check ? [] : ['--no-check']),
      ...(trace === undefined ? [] : [`--trace=${trace}`]),
    ],
    ...(trace === undefined ? {} : { rw: [path.dirname(trace)] }),
  });
  return { result, begun, ended };
}
