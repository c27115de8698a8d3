/** `pvdscope explain --live`, both ends: what a running agent answers, and who asks it. */

import {
  type DecisionRef,
  type ExplainedPart,
  explainRecent,
  type NotExplained,
} from '../../src/explain-decision.ts';
import type { Pipeline } from '../../src/pipeline.ts';
import { decisionLines, explanationData } from '../../src/present-explain.ts';
import type { LiveExplanation } from '../../src/publish/report-data.ts';
import { findRecent } from '../../src/recent.ts';
import { fetchExplanation } from '../serve/client.ts';
import type { ExplainAnswer } from '../serve/explain.ts';
import { scriptOf } from './decision-script.ts';
import { addressOf, type LiveFlags } from './live-flags.ts';

/** Asks the agent at `url`, else the one of this machine. Throws AgentError. */
export async function explainLive(
  url: string | undefined,
  ref: DecisionRef,
  flags: LiveFlags,
): Promise<LiveExplanation> {
  return await fetchExplanation(addressOf(url, flags), ref);
}

const WHY_NOT: Readonly<Record<NotExplained, string>> = {
  forgotten: 'the state it was made in is no longer known',
  'too-large': 'its namespace holds too much: explain it from a trace',
};

/** How one of the newest decisions came about. Takes milliseconds, in which records wait. */
export function liveExplanation(pipeline: Pipeline, ref: DecisionRef): ExplainAnswer {
  const recent = findRecent(pipeline.recent, ref);
  if (recent === undefined) return { untold: 'it is not among the newest decisions' };
  const { target } = recent;
  const parts: readonly ExplainedPart[] | NotExplained = explainRecent(pipeline, recent);
  if (typeof parts === 'string') return { untold: WHY_NOT[parts] };
  return {
    seq: target.seq,
    lines: decisionLines(target, parts),
    script: scriptOf(target, parts) ?? null,
    explanation: explanationData(target, parts),
  };
}
