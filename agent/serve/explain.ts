/** `GET /api/explain?seq=N` (or `id=N`, and `run=RUN`): one at a time, and not too often. */

import type { DecisionRef } from '../../src/explain-decision.ts';
import type { LiveExplanation } from '../../src/publish/report-data.ts';
import type { Refusal } from './guard.ts';
import { createRateLimit, type RateLimits } from './rate-limit.ts';

/** Not to know is an answer, too: a browser would take a status for a failure of the page. */
export type ExplainAnswer = LiveExplanation | { readonly untold: string };

/** Answers in the same turn: while it does, nothing else is asked. */
export type Explain = (ref: DecisionRef) => ExplainAnswer;

/** Of all readers together: records wait while one is made. */
const EXPLANATIONS: RateLimits = { perSec: 5, burst: 20, addresses: 1 };

/** `run`: the run of now; a decision is asked of it unless the query names another. */
export type ExplainService = (
  query: URLSearchParams,
  run: string,
  nowMs: number,
) => ExplainAnswer | Refusal;

export function createExplainService(
  explain: Explain,
  limits: RateLimits = EXPLANATIONS,
): ExplainService {
  const limit = createRateLimit(limits);
  return (query, run, nowMs) => {
    const ref = refOf(query);
    if (ref === undefined) return { status: 400, reason: 'seq=N or id=N is needed' };
    if ((query.get('run') ?? run) !== run) return { untold: 'it is a decision of another run' };
    if (!limit.take('', nowMs)) return { status: 429, reason: 'too many explanations are asked' };
    return explain(ref);
  };
}

function refOf(query: URLSearchParams): DecisionRef | undefined {
  const [seq, id] = [query.get('seq'), query.get('id')];
  if (seq !== null && id === null && /^\d{1,15}$/.test(seq)) return { by: 'seq', seq: Number(seq) };
  if (id !== null && seq === null && /^\d{1,20}$/.test(id)) return { by: 'id', id };
  return undefined;
}
