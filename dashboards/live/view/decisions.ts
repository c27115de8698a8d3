/** Decisions as they come: the newest that match the search, one of them in detail. */

import type {
  ChosenRoute,
  ChosenSource,
  DecisionData,
} from '../../../src/publish/decision-data.ts';
import type { Envelope } from '../../../src/publish/envelope.ts';
import { escapeJson } from '../../../src/publish/escape.ts';
import { formatVerdict } from '../../../src/publish/text.ts';
import { errorName, formatTime, ipProtocol } from '../../../src/publish/words.ts';
import { type Child, createRows, foreign, h, type Rows, setText, showRows } from '../dom.ts';
import type { Store } from '../store.ts';

/** Rows on the page; older decisions are found by searching. */
export const ROWS_MAX = 200;

type Decision = Envelope<'decision'>;

export interface DecisionsView {
  render(store: Store): void;
}

export interface DecisionsElements {
  readonly body: HTMLElement;
  readonly search: HTMLInputElement;
  readonly pause: HTMLInputElement;
  readonly count: HTMLElement;
  readonly detail: HTMLElement;
}

export function createDecisionsView(elements: DecisionsElements): DecisionsView {
  const rows: Rows<Decision> = createRows();
  let held: readonly Decision[] | undefined;
  return {
    render(store): void {
      if (!elements.pause.checked) held = undefined;
      else held ??= [...store.decisions];
      const source = held ?? store.decisions;
      const words = wordsOf(elements.search.value);
      const found: (readonly [string, Decision])[] = [];
      for (const decision of source) {
        if (found.length === ROWS_MAX) break;
        if (matchesWords(decision, words)) found.push([`${decision.seq}`, decision]);
      }
      showRows(elements.body, rows, found, (decision) =>
        decisionRow(decision, () => showDetail(elements.detail, decision)),
      );
      setText(elements.count, `${store.decisionsSeen} seen, ${found.length} shown`);
    },
  };
}

/** The search: words that all must occur, in any case. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().split(/\s+/).filter(Boolean);
}

export function matchesWords(decision: Decision, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const text = searchText(decision);
  return words.every((word) => text.includes(word));
}

function searchText({ data, netns }: Decision): string {
  const { task, query, outcome } = data;
  const parts = [
    netns?.name,
    task?.comm,
    task === null ? 'softirq' : `pid=${task.tgid}`,
    data.what,
    query.daddr,
    ipProtocol(query.proto),
    outcome.gateway,
    outcome.route?.attribution?.pvd,
    outcome.source?.addr,
    outcome.source?.attribution?.pvd,
    outcome.error === 0 ? '' : errorName(outcome.error),
    formatVerdict(data),
  ];
  return parts.filter(Boolean).join(' ').toLowerCase();
}

function decisionRow(decision: Decision, open: () => void): HTMLElement {
  const { data, netns, tsNs } = decision;
  const { task, query, outcome } = data;
  const button = h('button', 'time', formatTime(tsNs));
  button.type = 'button';
  button.addEventListener('click', open);
  const proto = ipProtocol(query.proto);
  const cells: Child[] = [
    button,
    netns === null ? '' : foreign(netns.name === '' ? netns.cookie : netns.name),
    task === null ? 'softirq' : h('span', '', foreign(task.comm), ` ${task.tgid}`),
    `${data.what}${proto && ` ${proto}`}`,
    query.daddr,
    outcome.error === 0 ? via(outcome) : h('span', 'error', errorName(outcome.error)),
    pvdOf(outcome.route),
    outcome.source?.addr ?? '',
    pvdOf(outcome.source),
    verdictBadge(data),
  ];
  return h('tr', data.incomplete === null ? '' : 'incomplete', ...cells.map((c) => h('td', '', c)));
}

function via({ gateway, oif }: DecisionData['outcome']): string {
  return [gateway === '::' ? '' : gateway, oif === 0 ? '' : `dev ${oif}`].filter(Boolean).join(' ');
}

function pvdOf(chosen: ChosenRoute | ChosenSource | null): Child {
  if (chosen === null) return '';
  const { attribution } = chosen;
  if (attribution === null) return h('span', 'reason', 'unknown');
  return attribution.pvd === null
    ? h('span', 'reason', attribution.reason)
    : foreign(attribution.pvd, 'name pvd');
}

function verdictBadge(data: DecisionData): HTMLElement {
  const badge = h('span', `badge ${data.verdict.verdict}`, formatVerdict(data));
  if (data.incomplete !== null) badge.append(` (${data.incomplete})`);
  return badge;
}

function showDetail(panel: HTMLElement, decision: Decision): void {
  const close = h('button', '', 'Close');
  close.type = 'button';
  close.addEventListener('click', () => panel.replaceChildren());
  const title = h('h3', '', `Decision ${decision.seq}`);
  const text = escapeJson(JSON.stringify(decision, null, 1)).replaceAll('\\u000a', '\n');
  panel.replaceChildren(title, close, h('pre', '', text));
  close.focus();
}
