/** How a decision came about: every candidate, the rule that removed it, changes that raced. */

import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Envelope } from '../../../src/publish/envelope.ts';
import { escapeTerminal } from '../../../src/publish/escape.ts';
import type { Page } from '../page.ts';
import { Foreign } from './parts.tsx';

/** From the report; on a live page the agent is asked, which knows it of the newest decisions. */
export function Ladder({
  page,
  decision,
}: {
  readonly page: Page;
  readonly decision: Envelope<'decision'>;
}): VNode | null {
  const { seq } = decision;
  const lines = page.report.explanations[`${seq}`];
  useEffect(() => {
    if (lines === undefined && page.stream === 'live') page.actions.explain(seq);
  }, [seq, lines === undefined, page.stream]);
  if (lines === undefined && page.stream === 'file') return null;
  return (
    <>
      <h4>How it came about</h4>
      {lines === undefined ? (
        <p class="hint" role="status">
          <Foreign text={page.untold[`${seq}`] ?? 'the agent is not asked yet'} max={200} />
        </p>
      ) : (
        <Lines page={page} lines={lines} />
      )}
    </>
  );
}

function Lines({ page, lines }: { readonly page: Page; readonly lines: readonly string[] }): VNode {
  const text = lines.map((line) => escapeTerminal(line)).join('\n');
  return (
    <>
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
