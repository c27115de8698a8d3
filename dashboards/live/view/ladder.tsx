/** How a decision came about: every candidate, and the rule that removed it. */

import type { VNode } from 'preact';
import type { Envelope } from '../../../src/publish/envelope.ts';
import { escapeTerminal } from '../../../src/publish/escape.ts';
import type { Page } from '../page.ts';

/** Of a report only: the agent keeps no state of the past to ask. */
export function Ladder({
  page,
  decision,
}: {
  readonly page: Page;
  readonly decision: Envelope<'decision'>;
}): VNode | null {
  const lines = page.report.explanations[`${decision.seq}`];
  if (lines === undefined) return null;
  const text = lines.map((line) => escapeTerminal(line)).join('\n');
  return (
    <>
      <h4>How it came about</h4>
      <pre class="ladder" tabIndex={0}>
        {text}
      </pre>
      <div class="tools">
        <button type="button" onClick={() => page.actions.copy(text)}>
          Copy the ladder
        </button>
      </div>
    </>
  );
}
