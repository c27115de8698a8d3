/** Whether what the page shows can be trusted: never to be overlooked when it cannot. */

import { type Child, foreign, h } from '../dom.ts';
import type { Store } from '../store.ts';
import type { StreamState } from '../stream.ts';

interface Fact {
  readonly level: 'ok' | 'warn' | 'bad';
  readonly text: string;
}

export interface HealthView {
  render(store: Store, stream: StreamState): void;
}

export function createHealthView(root: HTMLElement): HealthView {
  let shown = '';
  return {
    render(store, stream): void {
      const facts = healthFacts(store, stream);
      const key = JSON.stringify([facts, store.hello, store.host]);
      if (key === shown) return;
      shown = key;
      const level = facts.some((f) => f.level === 'bad')
        ? 'bad'
        : facts.some((f) => f.level === 'warn')
          ? 'warn'
          : 'ok';
      root.className = `health ${level}`;
      root.replaceChildren(
        ...hostParts(store),
        ...facts.map((fact) => h('span', `badge ${fact.level}`, fact.text)),
      );
    },
  };
}

function hostParts({ hello, host }: Store): HTMLElement[] {
  if (hello === undefined) return [];
  const parts: Child[] = [
    foreign(host),
    ', ',
    foreign(hello.kernel),
    `, pvdscope ${hello.version}`,
  ];
  return [h('span', 'host', ...parts)];
}

/** What there is to say about the stream, the records and the judging. */
export function healthFacts(store: Store, stream: StreamState): Fact[] {
  const { stats, lost, dropped, hello } = store;
  const facts: Fact[] = [
    { level: stream === 'live' ? 'ok' : 'bad', text: stream },
    ...(dropped > 0
      ? [{ level: 'warn', text: `${dropped} updates missed by this page` } as const]
      : []),
  ];
  const lostCount = Math.max(lost?.total ?? 0, stats?.lost ?? 0);
  facts.push({ level: lostCount > 0 ? 'bad' : 'ok', text: `${lostCount} records lost` });
  const off = hello?.hooks.filter((hook) => !hook.attached) ?? [];
  if (off.length > 0) {
    facts.push({ level: 'warn', text: `${off.length} of ${hello?.hooks.length} hooks missing` });
  }
  if (stats === undefined) return facts;
  const { agree, diverge, undecided } = stats.verdicts;
  const undecidedCount = Object.values(undecided).reduce((a, b) => a + b, 0);
  const malformed = Object.values(stats.malformed).reduce((a, b) => a + b, 0) + stats.unknown;
  if (malformed > 0) facts.push({ level: 'warn', text: `${malformed} records not understood` });
  facts.push({ level: 'ok', text: `${agree} agree` });
  facts.push({ level: diverge > 0 ? 'bad' : 'ok', text: `${diverge} diverge` });
  facts.push({ level: undecidedCount > 0 ? 'warn' : 'ok', text: `${undecidedCount} undecided` });
  return facts;
}
