/** `pvdscope record -o FILE [-- CMD…]`: everything the probes say into a trace file. */

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { Command } from 'commander';
import type { Filter } from '../../src/publish/filter.ts';
import { AgentError, EXIT } from '../error.ts';
import { interrupted } from '../observe/interrupted.ts';
import { startSession } from '../observe/session.ts';
import { createLineSink, filterOption, formatOption, type LineFormat } from '../sink/format.ts';
import { formatSummary, summaryExitCode } from '../sink/summary.ts';
import { type ObserveFlags, observeOptions, observeOptionsOf } from './observe-flags.ts';
import { greet } from './run.ts';
import { VERSION } from './version.ts';

interface RecordFlags extends ObserveFlags {
  readonly output: string;
  readonly format?: LineFormat;
  readonly filter?: Filter;
}

export function recordCommand(): Command {
  const command = new Command('record')
    .description('record a trace, for as long as a command runs or until a signal')
    .argument('[command...]', 'after --; its exit code becomes ours unless it is 0')
    .requiredOption('-o, --output <file>', 'trace to write (pcapng)')
    .addOption(formatOption())
    .addOption(filterOption());
  return observeOptions(command).action(async (argv: string[], flags: RecordFlags) => {
    const { format, filter } = flags;
    const sink =
      format && createLineSink(format, process.stdout, filter === undefined ? {} : { filter });
    const session = await startSession({
      ...observeOptionsOf(flags),
      version: VERSION,
      tracePath: flags.output,
      ...(sink ? { onEnvelopes: (envelopes) => sink.write(envelopes) } : {}),
    });
    greet(session);
    let exitCode: number = EXIT.ok;
    try {
      await Promise.race([session.observation.seeded, session.failed]);
      const end = argv.length > 0 ? runToEnd(argv) : interrupted().then(() => EXIT.ok);
      exitCode = await Promise.race([end, session.failed]);
    } finally {
      await session.stop();
    }
    process.stderr.write(formatSummary(session.pipeline));
    process.exitCode = exitCode === EXIT.ok ? summaryExitCode(session.pipeline) : exitCode;
  });
}

/** Runs a command on our own terminal; resolves to its exit code as a shell gives it. */
function runToEnd(argv: readonly string[]): Promise<number> {
  const [file = '', ...args] = argv;
  // A Ctrl-C reaches the command as well: it decides, and we end with it.
  void interrupted();
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: 'inherit' });
    child.on('error', (cause) =>
      reject(
        new AgentError({
          code: 'PVD_ERR_COMMAND',
          op: `run ${file}`,
          message: `cannot run ${file}: ${cause.message}`,
          cause,
          exitCode: EXIT.usage,
        }),
      ),
    );
    child.on('exit', (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  });
}
