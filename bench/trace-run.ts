/**
 * The process whose time and memory trace.ts tells: one JSON object a line.
 *
 *   write FILE COUNT [compress]   a trace of a busy host
 *   replay FILE                   every record read, judged, and made an envelope
 *   diff FILE FILE                what two runs decided, compared
 */

import { statSync } from 'node:fs';
import { flowsOf } from '../agent/expect/flows-of.ts';
import { readBatches } from '../agent/trace/reader.ts';
import { createTrace } from '../agent/trace/writer.ts';
import { diffFlows } from '../src/expect/diff.ts';
import { createPipeline, finish, step } from '../src/pipeline.ts';
import { setTime } from './record-time.ts';
import { changeRecords, decisionRecords, seedRecords } from './replay-records.ts';

const STEP_NS = 1_000n;

function write(file: string, count: number, compress: boolean): object {
  const info = { hardware: 'bench', os: 'bench', application: 'bench', realtimeOffsetNs: 0n };
  const trace = createTrace(file, info, { compress });
  for (const record of seedRecords()) trace.append(record);
  const records = [decisionRecords(), decisionRecords(), changeRecords()].flat();
  const views = records.map(({ buffer, byteOffset }) => new DataView(buffer, byteOffset));
  let nowNs = 1_000_000_000n;
  const before = process.cpuUsage();
  const startedAt = performance.now();
  for (let done = 0; done < count; done++) {
    const i = done % records.length;
    const [record, view] = [records[i], views[i]];
    if (!record || !view) break;
    nowNs += STEP_NS;
    setTime(view, nowNs);
    trace.append(record);
  }
  trace.close();
  const { user, system } = process.cpuUsage(before);
  const cpuSec = (user + system) / 1e6;
  const wallSec = (performance.now() - startedAt) / 1000;
  return { cpuSec, wallSec, records: count, bytes: statSync(file).size };
}

function replay(file: string): object {
  const pipeline = createPipeline();
  let envelopes = 0;
  const before = process.cpuUsage();
  const startedAt = performance.now();
  for (const records of readBatches(file, fail)) {
    for (const record of records) envelopes += step(pipeline, record).length;
  }
  envelopes += finish(pipeline).length;
  const { user, system } = process.cpuUsage(before);
  const { decisions, verdicts } = pipeline.stats;
  if (verdicts.agree !== decisions) throw new Error('decisions of the bench do not agree');
  const cpuSec = (user + system) / 1e6;
  return { cpuSec, wallSec: (performance.now() - startedAt) / 1000, decisions, envelopes };
}

function diff(base: string, next: string): object {
  const startedAt = performance.now();
  const before = process.cpuUsage();
  const [a, b] = [flowsOf(base), flowsOf(next)];
  const differences = diffFlows(a.flows, b.flows).length;
  if (differences > 0 || a.incomplete || b.incomplete) throw new Error('the traces differ');
  const { user, system } = process.cpuUsage(before);
  const decisions = a.flows.decisions + b.flows.decisions;
  const wallSec = (performance.now() - startedAt) / 1000;
  return { cpuSec: (user + system) / 1e6, wallSec, decisions };
}

function fail({ message }: { readonly message: string }): never {
  throw new Error(message);
}

const [what = '', file = '', rest = '', how] = process.argv.slice(2);
const told =
  what === 'write'
    ? write(file, Number(rest), how === 'compress')
    : what === 'replay'
      ? replay(file)
      : diff(file, rest);
const rssMb = (process.resourceUsage().maxRSS * 1024) / 1e6;
process.stdout.write(`${JSON.stringify({ ...told, rssMb })}\n`);
