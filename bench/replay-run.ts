/** The process whose time and memory replay.ts tells: one JSON object a line. */

import { createPipeline, type Pipeline, step } from '../src/pipeline.ts';
import type { Envelope } from '../src/publish/envelope.ts';
import { escapeJson } from '../src/publish/escape.ts';
import { formatEnvelope } from '../src/publish/text.ts';
import type { Figure } from './figure.ts';
import { setTime } from './record-time.ts';
import { changeRecords, decisionRecords, seedRecords } from './replay-records.ts';

const RECORDS = 1_000_000;
/** Between two records. */
const STEP_NS = 1_000n;
const WARM_UP = 20_000;

interface Outcome {
  readonly cpuSec: number;
  readonly envelopes: number;
}

let nowNs = 1_000_000_000n;

/** Steps `count` records, `records` again and again at new times; every envelope goes to `sink`. */
function steps(
  pipeline: Pipeline,
  records: readonly Uint8Array[],
  count: number,
  sink: (envelope: Envelope) => void,
): Outcome {
  let envelopes = 0;
  const views = records.map(({ buffer, byteOffset }) => new DataView(buffer, byteOffset));
  const before = process.cpuUsage();
  for (let done = 0; done < count; ) {
    for (const [i, record] of records.entries()) {
      nowNs += STEP_NS;
      const view = views[i];
      if (view) setTime(view, nowNs);
      const out = step(pipeline, record);
      envelopes += out.length;
      out.forEach(sink);
    }
    done += records.length;
  }
  const { user, system } = process.cpuUsage(before);
  return { cpuSec: (user + system) / 1e6, envelopes };
}

function tell(figure: Figure): void {
  process.stdout.write(`${JSON.stringify(figure)}\n`);
}

const pipeline = createPipeline();
for (const record of seedRecords()) step(pipeline, record);
const decisions = decisionRecords();
const changes = changeRecords();
const none = (): void => {};
steps(pipeline, decisions, WARM_UP, none);
steps(pipeline, changes, WARM_UP, none);

const before = pipeline.stats.decisions;
const plain = steps(pipeline, decisions, RECORDS, none);
const decided = pipeline.stats.decisions - before;
const unit = '1/s of CPU';
tell({ name: 'replay.records', value: Math.round(RECORDS / plain.cpuSec), unit });
tell({ name: 'replay.decisions', value: Math.round(decided / plain.cpuSec), unit });
const changed = steps(pipeline, changes, RECORDS / 4, none);
tell({ name: 'replay.changes', value: Math.round(RECORDS / 4 / changed.cpuSec), unit });

let bytes = 0;
const ndjson = steps(pipeline, decisions, RECORDS / 4, (envelope) => {
  bytes += escapeJson(JSON.stringify(envelope)).length;
});
tell({ name: 'replay.records.ndjson', value: Math.round(RECORDS / 4 / ndjson.cpuSec), unit });
const text = steps(pipeline, decisions, RECORDS / 4, (envelope) => {
  bytes += formatEnvelope(envelope)?.length ?? 0;
});
tell({ name: 'replay.records.text', value: Math.round(RECORDS / 4 / text.cpuSec), unit });
const rssMb = (process.resourceUsage().maxRSS * 1024) / 1e6;
tell({ name: 'replay.rssMax', value: rssMb, unit: 'MB' });
const { agree } = pipeline.stats.verdicts;
if (agree !== pipeline.stats.decisions) throw new Error('decisions of the bench do not agree');
if (pipeline.stats.unknown > 0 || bytes === 0) throw new Error('records of the bench are wrong');
