/** `pvdscope run`: the agent. Attach, follow, judge, serve, until a signal. */

import { Command, InvalidArgumentError } from 'commander';
import type { Filter } from '../../src/publish/filter.ts';
import { interrupted } from '../observe/interrupted.ts';
import { type Session, startSession } from '../observe/session.ts';
import { createLineSink, filterOption, formatOption, type LineFormat } from '../sink/format.ts';
import { startStatus } from '../sink/status.ts';
import { formatSummary, summaryExitCode } from '../sink/summary.ts';
import { liveExplanation } from './explain-live.ts';
import { type ListenFlags, listenOptions, listenOptionsOf } from './listen-flags.ts';
import { type ObserveFlags, observeOptions, observeOptionsOf } from './observe-flags.ts';
import { VERSION } from './version.ts';

interface RunFlags extends ObserveFlags, ListenFlags {
  readonly format?: LineFormat;
  readonly filter?: Filter;
  readonly duration?: number;
  readonly status?: number;
}

/** Bytes that may wait for a stalled reader of stdout before envelopes are dropped. */
const WAITING_BYTES_MAX = 64 << 20;

export function runCommand(): Command {
  const command = new Command('run')
    .description('the agent: attach to this kernel, follow it, judge it, serve page and stream')
    .option('--duration <seconds>', 'end by itself', seconds)
    .option(
      '--status <seconds>',
      'a line on stderr this often: 1 on a terminal unless it gets --format too, else none; 0 for none',
      secondsOrNone,
    )
    .addOption(formatOption())
    .addOption(filterOption());
  return observeOptions(listenOptions(command)).action(async (flags: RunFlags) => {
    const { format, filter } = flags;
    const sink =
      format &&
      createLineSink(format, process.stdout, {
        waitingBytesMax: WAITING_BYTES_MAX,
        ...(filter ? { filter } : {}),
      });
    const listen = listenOptionsOf(flags);
    // From the start: a signal that comes while programs are attached ends it in order, too.
    const signalled = interrupted();
    const session = await startSession({
      ...observeOptionsOf(flags),
      version: VERSION,
      ...(listen ? { listen, explain: liveExplanation } : {}),
      ...(sink ? { onEnvelopes: (envelopes) => sink.write(envelopes) } : {}),
    });
    greet(session);
    if (listen?.certificate) {
      const { fingerprint256 } = listen.certificate.leaf;
      process.stderr.write(`pvdscope: its certificate has SHA-256 ${fingerprint256}\n`);
    }
    const everySec = flags.status ?? (process.stderr.isTTY && format === undefined ? 1 : 0);
    const endStatus =
      everySec > 0 ? startStatus(session, process.stderr, everySec * 1000) : undefined;
    try {
      await Promise.race([signalled, interrupted(flags.duration), session.failed]);
    } finally {
      endStatus?.();
      await session.stop();
    }
    process.stderr.write(formatSummary(session.pipeline));
    process.exitCode = summaryExitCode(session.pipeline);
  });
}

/** Says on stderr what is attached, what is not seen, and where the page is. */
export function greet({ observation, url }: Session): void {
  const { hooks, degraded, attachedMs } = observation;
  const attached = hooks.filter((hook) => hook.attached).length;
  process.stderr.write(
    `pvdscope: ${attached} of ${hooks.length} programs attached in ${Math.round(attachedMs)} ms\n`,
  );
  for (const { target, reason, degrades } of degraded) {
    process.stderr.write(`pvdscope: without ${target} (${reason}): ${degrades}\n`);
  }
  if (url !== undefined) process.stderr.write(`pvdscope: dashboard at ${url}\n`);
}

function secondsOrNone(value: string): number {
  return value === '0' ? 0 : seconds(value);
}

function seconds(value: string): number {
  const number = Number(value);
  if (Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError('a positive number of seconds is needed');
}
