/** The state of a trace at a point in time. */

import { InvalidArgumentError } from 'commander';
import { bareHeader } from '../../src/decode/record/header.ts';
import { encodeRecord } from '../../src/decode/record.ts';
import type { Instant } from '../../src/net/instant.ts';
import { createPipeline, type Pipeline, step } from '../../src/pipeline.ts';
import { EXIT } from '../error.ts';
import { readTrace, type TraceProblem } from '../trace/reader.ts';
import { reportProblems } from './replay.ts';

/** Since the start of the run, on the boot-time clock, or on the real-time clock; in ns. */
export interface PointInTime {
  readonly clock: 'run' | 'boot' | 'real';
  readonly ns: bigint;
}

/** Replays a trace up to a point in time, or its end. Damage is told on stderr. */
export function replayUntil(file: string, at: PointInTime | undefined): Pipeline {
  const pipeline = createPipeline();
  const problems: TraceProblem[] = [];
  let startNs: Instant | undefined;
  for (const record of readTrace(file, (problem) => problems.push(problem))) {
    const untilNs = at && startNs !== undefined ? toBootTime(at, startNs, pipeline) : undefined;
    if (untilNs !== undefined && recordTime(record) > untilNs) {
      // Time passes until then: what has expired by then is gone.
      step(pipeline, encodeRecord({ kind: 'tick', ...bareHeader(untilNs) }));
      break;
    }
    step(pipeline, record);
    startNs ??= pipeline.nowNs;
  }
  reportProblems(file, problems);
  if (problems.length > 0) process.exitCode = EXIT.incomplete;
  return pipeline;
}

function toBootTime({ clock, ns }: PointInTime, startNs: Instant, { hello }: Pipeline): Instant {
  if (clock === 'run') return startNs + ns;
  return clock === 'boot' ? ns : ns - BigInt(hello.realtimeOffsetNs);
}

/** `hdr.ts_ns`: the first field of every record. */
function recordTime(record: Uint8Array): Instant {
  if (record.length < 8) return 0n;
  return new DataView(record.buffer, record.byteOffset).getBigUint64(0, true);
}

/** `+SECONDS` of the run, SECONDS of the boot-time clock, or an RFC 3339 time. */
export function parseTime(text: string): PointInTime {
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
