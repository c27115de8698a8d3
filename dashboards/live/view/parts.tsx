/** What several views show: foreign text, PvDs, lifetimes, badges. Text is never markup. */

import type { ComponentChildren, VNode } from 'preact';
import type { DecisionData } from '../../../src/publish/decision-data.ts';
import type { NetnsRef } from '../../../src/publish/envelope.ts';
import { escapeTerminal } from '../../../src/publish/escape.ts';
import type { AttributionData } from '../../../src/publish/snapshot-data.ts';
import { formatLeft, formatTime } from '../../../src/publish/words.ts';
import type { Page } from '../page.ts';
import { formatRoute } from '../route.ts';
import type { NetnsView } from '../tables.ts';
import { wallTime } from '../time.ts';

/** Characters of one foreign text that lists show; the rest is in the tooltip and in details. */
export const SHOWN_MAX = 40;

/** Text from the network or a process: controls and bidi characters made visible, cut. */
export function Foreign({
  text,
  name = 'name',
  max = SHOWN_MAX,
}: {
  readonly text: string;
  readonly name?: string;
  readonly max?: number;
}): VNode {
  const shown = escapeTerminal(text, max);
  const full = shown === text ? {} : { title: escapeTerminal(text) };
  return (
    <bdi class={name} {...full}>
      {shown}
    </bdi>
  );
}

export function Time({ page, tsNs }: { readonly page: Page; readonly tsNs: string }): VNode {
  return <time title={wallTime(tsNs, page.store.hello?.realtimeOffsetNs)}>{formatTime(tsNs)}</time>;
}

/** What is left until `until`; null never ends. */
export function Left({
  page,
  until,
}: {
  readonly page: Page;
  readonly until: string | null;
}): VNode {
  const left = formatLeft(until, page.nowNs);
  return <span class={left === 'expired' ? 'lifetime expired' : 'lifetime'}>{left}</span>;
}

export function Netns({ netns }: { readonly netns: NetnsRef | null }): VNode {
  if (netns === null) return <span class="reason">-</span>;
  return <Foreign text={netns.name === '' ? `netns ${netns.cookie}` : netns.name} />;
}

export function Device({
  view,
  ifindex,
}: {
  readonly view: NetnsView | undefined;
  readonly ifindex: number;
}): VNode {
  const name = view?.tables.link.get(`${ifindex}`)?.name ?? `if${ifindex}`;
  return <Foreign text={name} name="device" />;
}

export function pvdHref(netns: string, pvd: string): string {
  return formatRoute('pvds', [
    ['ns', netns],
    ['id', pvd],
  ]);
}

/** The PvD something belongs to, or why to none. */
export function Belongs({
  netns,
  attribution,
}: {
  readonly netns: NetnsRef | null;
  readonly attribution: AttributionData | null;
}): VNode {
  if (attribution === null) return <span class="reason">unknown</span>;
  const { pvd, reason } = attribution;
  if (pvd === null) return <span class="reason">{escapeTerminal(reason)}</span>;
  return (
    <a href={pvdHref(netns?.cookie ?? '', pvd)} title={escapeTerminal(reason)}>
      <Foreign text={pvd} name="name pvd" />
    </a>
  );
}

const SIGNS: Readonly<Record<string, string>> = {
  agree: '✓',
  raced: '✓',
  diverge: '✗',
  undecided: '?',
  bad: '✗',
  warn: '!',
  ok: '✓',
};

/** A word with a sign and a colour: none of the three alone has to be seen. */
export function Badge({
  level,
  children,
}: {
  readonly level: string;
  readonly children: ComponentChildren;
}): VNode {
  const sign = SIGNS[level];
  return (
    <span class={`badge ${level}`}>
      {sign === undefined ? null : <span aria-hidden="true">{sign} </span>}
      {children}
    </span>
  );
}

export function VerdictBadge({
  data,
}: {
  readonly data: Pick<DecisionData, 'verdict' | 'incomplete'>;
}): VNode {
  const { verdict, incomplete } = data;
  const word =
    verdict.verdict === 'agree' && verdict.raced
      ? 'agree (raced)'
      : verdict.verdict === 'undecided'
        ? `undecided: ${escapeTerminal(verdict.reason, SHOWN_MAX)}`
        : verdict.verdict;
  return (
    <>
      <Badge level={verdict.verdict}>{word}</Badge>
      {incomplete === null ? null : <span class="reason"> {incomplete}</span>}
    </>
  );
}

export function Facts({
  rows,
}: {
  readonly rows: readonly (readonly [name: string, value: ComponentChildren])[];
}): VNode {
  return (
    <dl class="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Rows of one list that are drawn; the rest is counted. */
const ROWS_MAX = 200;

export function Table<T>({
  caption,
  head,
  items,
  cells,
}: {
  readonly caption: string;
  readonly head: readonly string[];
  readonly items: readonly T[];
  readonly cells: (item: T) => readonly ComponentChildren[];
}): VNode | null {
  if (items.length === 0) return null;
  return (
    <div class="scroll" role="group" aria-label={caption} tabIndex={0}>
      <table>
        <caption>
          {caption} <span class="count">{items.length}</span>
        </caption>
        <thead>
          <tr>
            {head.map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.slice(0, ROWS_MAX).map((item, row) => (
            <tr key={row}>
              {cells(item).map((cell, column) => (
                <td key={column}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {items.length > ROWS_MAX ? <p class="more">and {items.length - ROWS_MAX} more</p> : null}
    </div>
  );
}
