/** What happened in a span of time, one line each: the timeline's words. */

import type { Envelope } from '../../src/publish/envelope.ts';
import type { Store } from './store.ts';
import { compareNs } from './time.ts';

export type Happening = Envelope<'ra' | 'change' | 'decision' | 'lost'>;

export const LANES = ['ra', 'change', 'diverge', 'finding', 'lost'] as const;
export type Lane = (typeof LANES)[number];

/** Marks of one lane that are drawn. */
export const MARKS_MAX = 400;

/** By lane, oldest first; ordinary decisions are the chart's matter. */
export function happenings(
  store: Store,
  fromNs: string,
  toNs: string,
): ReadonlyMap<Lane, readonly Happening[]> {
  const within = <E extends Happening>(list: readonly E[]): E[] =>
    list.filter(({ tsNs }) => compareNs(tsNs, fromNs) >= 0 && compareNs(tsNs, toNs) <= 0);
  const decisions = within(store.decisions);
  return new Map<Lane, readonly Happening[]>([
    ['ra', within(store.ras)],
    ['change', within(store.changes)],
    ['diverge', decisions.filter(({ data }) => data.verdict.verdict === 'diverge')],
    ['finding', decisions.filter(({ data }) => data.findings.length > 0)],
    ['lost', within(store.losses)],
  ]);
}

/** Newest first, each once. */
export function newestFirst(
  lanes: ReadonlyMap<Lane, readonly Happening[]>,
  max: number,
): Happening[] {
  const all = [...new Set([...lanes.values()].flat())];
  all.sort((a, b) => compareNs(b.tsNs, a.tsNs) || b.seq - a.seq);
  return all.slice(0, max);
}

/** At most `max` of them, evenly chosen. */
export function thinned<T>(items: readonly T[], max: number): readonly T[] {
  if (items.length <= max) return items;
  return Array.from({ length: max }, (_, i) => items[Math.floor((i * items.length) / max)] as T);
}

/** The oldest moment that the page knows something of. */
export function firstNs(store: Store): string | undefined {
  const firsts = [store.ras[0], store.changes[0], store.decisions[0]].flatMap((e) =>
    e === undefined ? [] : [e.tsNs],
  );
  return firsts.sort(compareNs)[0];
}
