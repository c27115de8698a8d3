/** Of a divergence: the step of the model's ladder that speaks against what the kernel answered. */

import type { DecisionEvent, LookupEvent } from '../decode/event.ts';
import { stepText } from '../model/explain.ts';
import type { Step } from '../model/ladder.ts';
import type { Addr6 } from '../net/addr6.ts';
import type { Snapshot } from '../state/snapshot.ts';
import { askedOf, explainAsked } from './explain.ts';
import type { Judge } from './judge.ts';

/**
 * In the words of `explain`, e.g. `2001:db8::1 dev 2: loses to 2001:db8::2 by rule 3: avoid
 * deprecated`. Undefined when no step is about that answer, or the state is not known.
 * `lookups`: of a flow.
 */
export function brokenRule(
  judge: Judge,
  event: DecisionEvent,
  lookups: readonly LookupEvent[],
  snapshot: Snapshot,
): string | undefined {
  const explained = explainAsked(judge, askedOf(event, lookups), snapshot);
  if (explained === undefined || explained.found) return undefined;
  const { ladder = [], outcomes } = explained.prediction;
  const isSource = event.kind !== 'lookup' && !outcomes.some(({ saddr }) => saddr === event.saddr);
  const used = event.kind === 'lookup' ? event : lookups.at(-1);
  const step = isSource
    ? againstSource(ladder, event.saddr)
    : againstEntry(ladder, used?.entry?.id);
  return step && stepText(step).trim();
}

/** Where the address was no candidate, lost, or was beaten; else what was chosen instead. */
function againstSource(ladder: readonly Step[], saddr: Addr6): Step | undefined {
  const lost = ladder.findLast(
    (step) =>
      step.step === 'saddr' &&
      (step.addr === saddr
        ? step.excluded !== undefined || (step.rule !== undefined && !step.won)
        : step.against === saddr && step.won),
  );
  return lost ?? ladder.findLast(({ step }) => step === 'source' || step === 'prefsrc');
}

/** Where the route lost, or the one that was found instead. */
function againstEntry(ladder: readonly Step[], id: bigint | undefined): Step | undefined {
  const lost = ladder.findLast(
    (step) => step.step === 'entry' && step.id === id && step.loss !== undefined,
  );
  return lost ?? ladder.findLast((step) => step.step === 'route');
}
