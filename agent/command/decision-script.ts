/** A decision as a script that makes its state and asks any kernel the same. */

import type { ExplainedPart } from '../../src/explain-decision.ts';
import { answerText, decisionLines, queryText } from '../../src/present-explain.ts';
import type { Envelope } from '../../src/publish/envelope.ts';
import { reproducerOf } from '../../src/reproducer.ts';
import { reproducerScript } from './reproducer-script.ts';

/**
 * The reproducer of a decision: of the record that diverges, else of the lookup the answer came
 * from. Undefined when the state was not known.
 */
export function scriptOf(
  target: Envelope<'decision'>,
  parts: readonly ExplainedPart[],
): string | undefined {
  const { blame } = target.data;
  const known = parts.filter(({ explained }) => explained !== undefined);
  const part =
    known.find((one) => one.part === blame?.part && one.index === blame.index) ??
    known.findLast((one) => one.part === 'lookup') ??
    known[0];
  if (part?.explained === undefined) return undefined;
  const { event, explained } = part;
  const lookups = parts.map((one) => one.event).filter((one) => one.kind === 'lookup');
  const about = [
    ...decisionLines(target, []),
    `${part.part}: ${queryText(explained.query)}`,
    `the kernel it was recorded on answered: ${answerText(event, lookups, explained.state)}`,
  ];
  return reproducerScript(reproducerOf(explained), about);
}
