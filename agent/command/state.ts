/** `pvdscope state`: PvDs, addresses and routes with their PvD, of a trace or of a running agent. */

import { Command, InvalidArgumentError, Option } from 'commander';
import { encodeRecord } from '../../src/decode/record.ts';
import type { Instant } from '../../src/net/instant.ts';
import { createPipeline, type Pipeline, snapshotsOf, step } from '../../src/pipeline.ts';
import type { Envelope } from '../../src/publish/envelope.ts';
import { escapeJson } from '../../src/publish/escape.ts';
import { type Filter, matchesFilter } from '../../src/publish/filter.ts';
import { formatSnapshot } from '../../src/publish/state-text.ts';
import { AgentError, EXIT } from '../error.ts';
import { fetchState } from '../serve/client.ts';
import { DEFAULT_PORT } from '../serve/server.ts';
import { filterOption } from '../sink/format.ts';
import { readTrace, type TraceProblem } from '../trace/reader.ts';
import { reportProblems } from './replay.ts';

interface Options {
  readonly live?: string | true;
  readonly at?: PointInTime;
  readonly format: 'text' | 'json' | 'ndjson';
  readonly filter?: Filter;
}

/** Since the start of the run, on the boot-time clock, or on the real-time clock; in ns. */
interface PointInTime {
  readonly clock: 'run' | 'boot' | 'real';
  readonly ns: bigint;
}

export function stateCommand(): Command {
  return new Command('state')
    .description('show PvDs, addresses and routes with their PvD')
    .argument('[file]', 'trace written by `pvdscope record`')
    .option('--live [url]', `ask a running agent (default http://127.0.0.1:${DEFAULT_PORT}/)`)
    .option(
      '--at <time>',
      'state at +SECONDS of the run, at boot-time SECONDS, or at an RFC 3339 time',
      parseTime,
    )
    .addOption(
      new Option('--format <format>', 'tables, or JSON')
        .choices(['text', 'json', 'ndjson'])
        .default('text'),
    )
    .addOption(filterOption())
    .action(async (file: string | undefined, options: Options) => {
      const { filter } = options;
      const snapshots = (await load(file, options)).filter(
        (s) => !filter || matchesFilter(filter, s),
      );
      process.stdout.write(format(snapshots, options.format));
    });
}

async function load(
  file: string | undefined,
  { live, at }: Options,
): Promise<readonly Envelope<'snapshot'>[]> {
  if ((file === undefined) === (live === undefined)) {
    throw usage('give either a trace file or --live', 'e.g. pvdscope state --live');
  }
  if (file !== undefined) return loadTrace(file, at);
  if (at !== undefined) throw usage('--at needs a trace file', 'a running agent knows only now');
  return await fetchState(live === true || live === undefined ? defaultUrl() : live);
}

function defaultUrl(): string {
  return `http://127.0.0.1:${DEFAULT_PORT}/`;
}

function usage(message: string, hint: string): AgentError {
  return new AgentError({
    code: 'PVD_ERR_USAGE',
    op: 'state',
    message,
    hint,
    exitCode: EXIT.usage,
  });
}

function loadTrace(file: string, at: PointInTime | undefined): Envelope<'snapshot'>[] {
  const pipeline = createPipeline();
  const problems: TraceProblem[] = [];
  let startNs: Instant | undefined;
  for (const record of readTrace(file, (problem) => problems.push(problem))) {
    const untilNs = at && startNs !== undefined ? toBootTime(at, startNs, pipeline) : undefined;
    if (untilNs !== undefined && recordTime(record) > untilNs) {
      // Time passes until then: what has expired by then is gone.
      step(pipeline, tickRecord(untilNs));
      break;
    }
    step(pipeline, record);
    startNs ??= pipeline.nowNs;
  }
  reportProblems(file, problems);
  if (problems.length > 0) process.exitCode = EXIT.incomplete;
  return snapshotsOf(pipeline);
}

function toBootTime({ clock, ns }: PointInTime, startNs: Instant, { hello }: Pipeline): Instant {
  if (clock === 'run') return startNs + ns;
  return clock === 'boot' ? ns : ns - BigInt(hello.realtimeOffsetNs);
}

function tickRecord(tsNs: Instant): Uint8Array {
  return encodeRecord({
    kind: 'tick',
    tsNs,
    netnsCookie: 0n,
    cpu: 0,
    seq: 0,
    lost: 0,
    hook: 'none',
    op: 'none',
    softirq: false,
    truncated: false,
  });
}

/** `hdr.ts_ns`: the first field of every record. */
function recordTime(record: Uint8Array): Instant {
  if (record.length < 8) return 0n;
  return new DataView(record.buffer, record.byteOffset).getBigUint64(0, true);
}

function parseTime(text: string): PointInTime {
  const match = /^(\+?)(\d{1,12})(?:\.(\d{1,9}))?$/.exec(text);
  if (match) {
    const ns = BigInt(match[2] ?? '0') * 1_000_000_000n + BigInt((match[3] ?? '').padEnd(9, '0'));
    return { clock: match[1] === '+' ? 'run' : 'boot', ns };
  }
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) {
    throw new InvalidArgumentError('not +SECONDS, SECONDS or a time such as 2026-05-01T12:00:00Z');
  }
  return { clock: 'real', ns: BigInt(ms) * 1_000_000n };
}

function format(snapshots: readonly Envelope<'snapshot'>[], as: Options['format']): string {
  switch (as) {
    case 'text':
      return snapshots.length === 0
        ? 'no network namespace is known\n'
        : snapshots.map(formatSnapshot).join('\n');
    case 'json':
      return `${escapeJson(JSON.stringify(snapshots))}\n`;
    case 'ndjson':
      return snapshots.map((snapshot) => `${escapeJson(JSON.stringify(snapshot))}\n`).join('');
  }
}
