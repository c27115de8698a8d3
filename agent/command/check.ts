/** `pvdscope check EXPECT FILE|--live [-- CMD…]`: a run against what is expected of it. */

import { Command, Option } from 'commander';
import { createChecker, isWaiting } from '../../src/expect/check.ts';
import type { ExpectationSet } from '../../src/expect/expectation.ts';
import type { SuiteResult, TestResult } from '../../src/expect/result.ts';
import { noNames, showChecker } from '../../src/expect-stage.ts';
import { escapeTap } from '../../src/publish/escape.ts';
import { TAP_HEADER } from '../../src/publish/report-tap.ts';
import { AgentError, EXIT } from '../error.ts';
import { envelopesOf } from '../expect/envelope-file.ts';
import { loadExpectations } from '../expect/expect-file.ts';
import {
  checkReportFlags,
  formatReport,
  REPORT_FORMATS,
  type ReportFlags,
  type ReportFormat,
  reportExitCode,
  reportOptions,
  writeReports,
} from '../expect/report-output.ts';
import { settled } from '../expect/settle.ts';
import { suiteOf } from '../expect/suite.ts';
import { waitUntil } from '../lab/condition.ts';
import { interrupted } from '../observe/interrupted.ts';
import { startSession } from '../observe/session.ts';
import type { TraceProblem } from '../trace/reader.ts';
import { positive } from './lab-flags.ts';
import { type ObserveFlags, observeOptions, observeOptionsOf } from './observe-flags.ts';
import { reportProblems } from './replay.ts';
import { runToEnd } from './run-to-end.ts';
import { VERSION } from './version.ts';

interface CheckFlags extends ObserveFlags, ReportFlags {
  readonly live: boolean;
  readonly format: ReportFormat;
  readonly within: number;
  readonly output?: string;
}

interface Checked {
  readonly suite: SuiteResult;
  /** Names the run that was observed. */
  readonly run: string;
}

export function checkCommand(): Command {
  const command = new Command('check')
    .description('judge a trace, or this kernel while a command runs, by expectations')
    .argument('<expect>', 'a scenario, or a file of expectations (YAML)')
    .argument('[what...]', 'a trace or NDJSON file; with --live, after --, a command')
    .option('--live', 'watch this kernel: while the command runs, or until a signal', false)
    .option('--within <seconds>', 'with --live: wait so long for what is expected', positive, 10)
    .option('-o, --output <file>', 'with --live: record a trace, too')
    .addOption(new Option('--format <format>').choices(REPORT_FORMATS).default('tap'));
  return reportOptions(observeOptions(command)).action(
    async (file: string, what: string[], flags: CheckFlags) => {
      try {
        process.exitCode = await check(file, what, flags);
      } catch (error) {
        throw flags.ksft ? asSelftest(error) : error;
      }
    },
  );
}

async function check(file: string, what: readonly string[], flags: CheckFlags): Promise<number> {
  const set = loadExpectations(file);
  checkReportFlags(flags.format, flags);
  const [input] = what;
  if (!flags.live && (input === undefined || what.length > 1)) throw usage(what);
  const { suite, run: id } = flags.live
    ? await checkLive(set, what, flags)
    : checkFile(set, input ?? '');
  const suites = [suite];
  process.stdout.write(formatReport(flags.format, { suites, id }, flags));
  writeReports({ suites, id }, flags);
  return reportExitCode(suites, flags.ksft);
}

const KSFT_FAIL = 1;
const KSFT_SKIP = 4;

/** A selftest whose kernel or machine lacks something is skipped, with TAP that says why. */
function asSelftest(error: unknown): unknown {
  if (!(error instanceof AgentError)) return error;
  const { code, op, message, hint, cause } = error;
  const isSkip = error.exitCode === EXIT.environment;
  if (isSkip) process.stdout.write(`${TAP_HEADER}1..0 # SKIP ${escapeTap(message)}\n`);
  return new AgentError({
    code,
    op,
    message,
    ...(hint === undefined ? {} : { hint }),
    cause,
    exitCode: isSkip ? KSFT_SKIP : KSFT_FAIL,
  });
}

function usage(what: readonly string[]): AgentError {
  return new AgentError({
    code: 'PVD_ERR_USAGE',
    op: 'check',
    message: what.length === 0 ? 'a trace is needed, or --live' : 'only one trace can be checked',
    hint: 'pvdscope check EXPECT TRACE, or pvdscope check EXPECT --live -- COMMAND',
    exitCode: EXIT.usage,
  });
}

function checkFile(set: ExpectationSet, file: string): Checked {
  const checker = createChecker(set);
  const names = noNames();
  const problems: TraceProblem[] = [];
  let run = '';
  for (const envelope of envelopesOf(file, (problem) => problems.push(problem))) {
    if (envelope.kind === 'hello') run = envelope.data.run;
    showChecker(checker, names, envelope);
  }
  reportProblems(file, problems);
  const damage = problems.length > 0 ? 'the trace is damaged' : undefined;
  return { suite: suiteOf(checker, names, [], damage), run };
}

async function checkLive(
  set: ExpectationSet,
  argv: readonly string[],
  flags: CheckFlags,
): Promise<Checked> {
  const checker = createChecker(set);
  const names = noNames();
  const { output } = flags;
  // From the start: a signal that comes while namespaces are dumped ends it in order, too.
  const signalled = interrupted().then(() => 'signalled' as const);
  const session = await startSession({
    ...observeOptionsOf(flags),
    version: VERSION,
    ...(output === undefined ? {} : { tracePath: output }),
    onEnvelopes: (envelopes) => {
      for (const envelope of envelopes) showChecker(checker, names, envelope);
    },
  });
  const tests: TestResult[] = [];
  let damage: string | undefined;
  try {
    const first = await Promise.race([session.observation.seeded, signalled, session.failed]);
    if (argv.length > 0 && first === 'signalled') damage = 'it was ended before the command ran';
    else if (argv.length > 0) {
      const code = await Promise.race([runToEnd(argv, process.stderr), session.failed]);
      tests.push(commandTest(argv, code));
    } else await Promise.race([signalled, session.failed]);
    if (!(await settled(session))) damage ??= 'the observation lagged behind';
    await waitUntil(async () => !isWaiting(checker), flags.within * 1000);
  } finally {
    await session.stop();
  }
  return { suite: suiteOf(checker, names, tests, damage), run: session.pipeline.hello.run };
}

function commandTest(argv: readonly string[], code: number): TestResult {
  return {
    name: 'the command exits with 0',
    status: code === 0 ? 'pass' : 'fail',
    reason: '',
    details: code === 0 ? [] : [`${argv.join(' ')}: exit code ${code}`],
  };
}
