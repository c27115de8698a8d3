/** How decisions of a trace came about, for comparing them with those of another. */

import { LAYOUT } from '../../src/decode/layout.gen.ts';
import { createExplainer, type Explainer, explainRecord } from '../../src/explain-decision.ts';
import { createPipeline, finish, step } from '../../src/pipeline.ts';
import { ladderLines } from '../../src/present-explain.ts';
import type { Envelope } from '../../src/publish/envelope.ts';
import { readTrace } from '../trace/reader.ts';

/**
 * How each decision among the envelopes `seqs` came about, by `seq`, in the lines of `tell`. Two
 * passes over the trace, of which the second ends with the last of them.
 * @throws AgentError `PVD_ERR_TRACE_*`
 */
export function laddersOf(
  file: string,
  seqs: ReadonlySet<number>,
  tell: (explainer: Explainer) => string[] = ({ parts }) => ladderLines(parts),
): Map<number, string[]> {
  const later = decisionsOf(file, seqs)
    .map((target) => ({ beginNs: BigInt(target.data.beginNs), explainer: createExplainer(target) }))
    .sort((a, b) => Number(b.beginNs - a.beginNs));
  const waiting: Explainer[] = [];
  const ladders = new Map<number, string[]>();
  const pipeline = createPipeline();
  for (const record of later.length === 0 ? [] : readTrace(file, () => {})) {
    const out = step(pipeline, record);
    const nowNs = timeOf(record);
    for (let next = later.at(-1); next && next.beginNs <= nowNs; next = later.at(-1)) {
      waiting.push(next.explainer);
      later.pop();
    }
    for (const explainer of waiting) {
      explainRecord(explainer, pipeline, record, out);
      if (explainer.done) ladders.set(explainer.target.seq, tell(explainer));
    }
    remove(waiting, ({ done }) => done);
    if (waiting.length === 0 && later.length === 0) break;
  }
  // Those whose verdict was only reached with the end of the trace.
  for (const explainer of waiting) ladders.set(explainer.target.seq, tell(explainer));
  return ladders;
}

function decisionsOf(file: string, seqs: ReadonlySet<number>): Envelope<'decision'>[] {
  const found: Envelope<'decision'>[] = [];
  const look = (out: readonly Envelope[]) => {
    for (const one of out) if (one.kind === 'decision' && seqs.has(one.seq)) found.push(one);
  };
  const pipeline = createPipeline();
  if (seqs.size === 0) return found;
  for (const record of readTrace(file, () => {})) {
    look(step(pipeline, record));
    if (found.length === seqs.size) return found;
  }
  look(finish(pipeline));
  return found;
}

function timeOf(record: Uint8Array): bigint {
  if (record.length < LAYOUT.pvd_hdr.size) return 0n;
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  return view.getBigUint64(LAYOUT.pvd_hdr.ts_ns, true);
}

function remove(explainers: Explainer[], isOver: (one: Explainer) => boolean): void {
  for (let i = explainers.length - 1; i >= 0; i--) {
    const one = explainers[i];
    if (one && isOver(one)) explainers.splice(i, 1);
  }
}
