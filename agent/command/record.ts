/** `pvdscope record -o FILE [-- CMD…]`: everything the probes say into a trace file. */

import { Command } from 'commander';
import type { Filter } from '../../src/publish/filter.ts';
import { EXIT } from '../error.ts';
import { interrupted } from '../observe/interrupted.ts';
import { startSession } from '../observe/session.ts';
import { createLineSink, filterOption, formatOption, type LineFormat } from '../sink/format.ts';
import { formatSummary, summaryExitCode } from '../sink/summary.ts';
import { positive, whole } from './lab-flags.ts';
import { type ObserveFlags, observeOptions, observeOptionsOf } from './observe-flags.ts';
import { greet } from './run.ts';
import { runToEnd } from './run-to-end.ts';
import { VERSION } from './version.ts';

interface RecordFlags extends ObserveFlags {
  readonly output: string;
  readonly format?: LineFormat;
  readonly filter?: Filter;
  readonly compress?: boolean;
  readonly rotate?: number;
  readonly keep?: number;
}

const MIB = 1 << 20;

export function recordCommand(): Command {
  const command = new Command('record')
    .description('record a trace, for as long as a command runs or until a signal')
    .argument('[command...]', 'after --; its exit code becomes ours unless it is 0')
    .requiredOption('-o, --output <file>', 'trace to write (pcapng)')
    .option('--compress', 'deflate the records in it')
    .option(
      '--rotate <MiB>',
      'go on in a further file at this size: NAME.000001.pcapng, NAME.000002.pcapng, …',
      positive,
    )
    .option('--keep <n>', 'with --rotate: only the newest files', whole)
    .addOption(formatOption())
    .addOption(filterOption());
  return observeOptions(command).action(async (argv: string[], flags: RecordFlags) => {
    const { format, filter, compress = false, rotate, keep } = flags;
    const sink =
      format && createLineSink(format, process.stdout, filter === undefined ? {} : { filter });
    // From the start: a signal that comes while namespaces are dumped ends it in order, too.
    const signalled = interrupted().then(() => 'signalled' as const);
    const session = await startSession({
      ...observeOptionsOf(flags),
      version: VERSION,
      tracePath: flags.output,
      trace: {
        compress,
        ...(rotate === undefined ? {} : { rotateBytes: rotate * MIB }),
        ...(keep === undefined ? {} : { keep }),
      },
      ...(sink ? { onEnvelopes: (envelopes) => sink.write(envelopes) } : {}),
    });
    greet(session);
    let exitCode: number = EXIT.ok;
    try {
      const { seeded } = session.observation;
      const first = await Promise.race([seeded, signalled, session.failed]);
      if (first !== 'signalled') {
        const end = argv.length > 0 ? runToEnd(argv) : signalled.then(() => EXIT.ok);
        exitCode = await Promise.race([end, session.failed]);
      }
    } finally {
      await session.stop();
    }
    process.stderr.write(formatSummary(session.pipeline));
    process.exitCode = exitCode === EXIT.ok ? summaryExitCode(session.pipeline) : exitCode;
  });
}
