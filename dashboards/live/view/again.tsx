/** How to ask the same again: the kernel, the model, the ladder, a script for any kernel. */

import type { VNode } from 'preact';
import type { Envelope } from '../../../src/publish/envelope.ts';
import { escapeTerminal } from '../../../src/publish/escape.ts';
import type { Page } from '../page.ts';
import { queryFile, routeGet } from '../reproduce.ts';
import { Foreign } from './parts.tsx';

interface Props {
  readonly page: Page;
  readonly decision: Envelope<'decision'>;
}

export function Again({ page, decision }: Props): VNode {
  const { data, netns } = decision;
  const link = page.netns.get(netns?.cookie ?? '')?.tables.link.get(`${data.query.oif}`);
  const commands = [
    ['The kernel, now', routeGet(data, link?.name ?? `if${data.query.oif}`)],
    ['The model (pvdscope predict --query)', queryFile(data)],
    ['The ladder of rules, from a trace of this run', `pvdscope explain TRACE id:${data.id}`],
    [
      'A script that makes the state and asks any kernel',
      `pvdscope explain TRACE id:${data.id} --reproducer`,
    ],
  ] as const;
  const script = page.report.scripts[`${decision.seq}`];
  return (
    <>
      <h4>Ask again</h4>
      {commands.map(([title, text]) => (
        <div class="tools" key={title}>
          <span>{title}</span>
          <code>
            <Foreign text={text} name="" max={1024} />
          </code>
          <button
            type="button"
            aria-label={`Copy: ${title}`}
            onClick={() => page.actions.copy(text)}
          >
            Copy
          </button>
        </div>
      ))}
      {script === undefined ? null : <Script page={page} text={script} />}
    </>
  );
}

function Script({ page, text }: { readonly page: Page; readonly text: string }): VNode {
  const lines = text.split('\n').map((line) => escapeTerminal(line));
  return (
    <details>
      <summary>That script</summary>
      <button type="button" onClick={() => page.actions.copy(text)}>
        Copy the script
      </button>
      <pre tabIndex={0}>{lines.join('\n')}</pre>
    </details>
  );
}
