/** A list of which only the rows in sight exist. New rows wait while the reader is below the top. */

import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { DecisionData } from '../../../src/publish/decision-data.ts';
import type { Envelope } from '../../../src/publish/envelope.ts';
import { errorName, ipProtocol } from '../../../src/publish/words.ts';
import type { Page } from '../page.ts';
import { withParams } from '../route.ts';
import { Belongs, Foreign, Netns, Time, VerdictBadge } from './parts.tsx';

type Decision = Envelope<'decision'>;

/** As the style sheet has it, in px. */
export const ROW_PX = 28;
const VIEW_PX = 560;
/** Rows beyond each edge, so that a fast wheel finds some. */
const SPARE = 10;

const HEAD = [
  'Time',
  'Namespace',
  'Process',
  'Asked',
  'Next hop',
  'PvD of route',
  'Source',
  'PvD of source',
  'Verdict',
  'Findings',
];

export function DecisionList({
  page,
  decisions,
  chosen,
}: {
  readonly page: Page;
  readonly decisions: readonly Decision[];
  readonly chosen: number | undefined;
}): VNode {
  const [top, setTop] = useState(0);
  const held = useRef<readonly Decision[] | undefined>(undefined);
  const body = useRef<HTMLDivElement>(null);
  if (top === 0) held.current = undefined;
  else held.current ??= decisions;
  const rows = held.current ?? decisions;
  const waiting = newer(decisions, rows);
  const first = Math.max(0, Math.floor(top / ROW_PX) - SPARE);
  const last = Math.min(rows.length, Math.ceil((top + VIEW_PX) / ROW_PX) + SPARE);
  return (
    <div class="list" role="table" aria-label="Decisions" aria-rowcount={rows.length + 1}>
      <div role="rowgroup" class="list-head">
        <div role="row" class="row">
          {HEAD.map((title) => (
            <span key={title} role="columnheader">
              {title}
            </span>
          ))}
        </div>
      </div>
      {waiting === 0 ? null : (
        <button
          type="button"
          class="waiting"
          onClick={() => {
            body.current?.scrollTo({ top: 0 });
          }}
        >
          {waiting} newer
        </button>
      )}
      <div
        role="rowgroup"
        class="list-body"
        ref={body}
        tabIndex={0}
        aria-label="Rows"
        onScroll={(event) => setTop(event.currentTarget.scrollTop)}
        onKeyDown={moveFocus}
      >
        <div role="presentation" style={{ height: `${first * ROW_PX}px` }} />
        {rows.slice(first, last).map((decision, at) => (
          <Row
            key={decision.seq}
            page={page}
            decision={decision}
            index={first + at + 2}
            chosen={decision.seq === chosen}
          />
        ))}
        <div role="presentation" style={{ height: `${(rows.length - last) * ROW_PX}px` }} />
      </div>
    </div>
  );
}

function newer(all: readonly Decision[], shown: readonly Decision[]): number {
  const [top] = shown;
  if (all === shown || top === undefined) return 0;
  const at = all.findIndex(({ seq }) => seq <= top.seq);
  return at < 0 ? all.length : at;
}

/** Arrow keys go from row to row. */
function moveFocus(event: KeyboardEvent): void {
  const down = event.key === 'ArrowDown' || event.key === 'j';
  if (!down && event.key !== 'ArrowUp' && event.key !== 'k') return;
  const box = event.currentTarget as HTMLElement;
  const links = [...box.querySelectorAll<HTMLElement>('a.open')];
  const at = links.indexOf(document.activeElement as HTMLElement);
  links[Math.max(0, at + (down ? 1 : -1))]?.focus();
  event.preventDefault();
}

function Row({
  page,
  decision,
  index,
  chosen,
}: {
  readonly page: Page;
  readonly decision: Decision;
  readonly index: number;
  readonly chosen: boolean;
}): VNode {
  const { data, netns, tsNs, seq } = decision;
  const { task, query, outcome, findings } = data;
  const href = withParams(page.route, { seq: `${seq}`, run: page.store.hello?.run ?? '' });
  const cells = [
    <a class="open" href={href} aria-current={chosen ? 'true' : undefined}>
      <Time page={page} tsNs={tsNs} />
    </a>,
    <Netns netns={netns} />,
    task === null ? (
      'softirq'
    ) : (
      <>
        <Foreign text={task.comm} /> {task.tgid}
      </>
    ),
    `${data.what} ${[ipProtocol(query.proto), query.daddr].filter(Boolean).join(' ')}`,
    outcome.error === 0 ? via(outcome) : <span class="error">{errorName(outcome.error)}</span>,
    outcome.route && <Belongs netns={netns} attribution={outcome.route.attribution} />,
    outcome.source?.addr ?? '',
    outcome.source && <Belongs netns={netns} attribution={outcome.source.attribution} />,
    <VerdictBadge data={data} />,
    <span class="finding">{findings.map(({ code }) => code).join(' ')}</span>,
  ];
  return (
    <div role="row" aria-rowindex={index} class={chosen ? 'row chosen' : 'row'}>
      {cells.map((cell, column) => (
        <span key={HEAD[column]} role="cell">
          {cell}
        </span>
      ))}
    </div>
  );
}

function via({ gateway, oif }: DecisionData['outcome']): string {
  return [gateway === '::' ? '' : gateway, oif === 0 ? '' : `dev ${oif}`].filter(Boolean).join(' ');
}
