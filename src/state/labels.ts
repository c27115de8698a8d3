/**
 * Address labels (`struct ip6addrlbl_entry`), oldest first; the kernel's list has the newest
 * first among those of one prefix length, and so do dumps.
 *
 * A prefix may have several: `__ip6addrlbl_add()` looks for the one to replace only up to the
 * first entry of that length. They are a stack: the newest counts, and goes first.
 */

import type { LabelEvent } from '../decode/event.ts';
import { type Prefix6, prefix6From, prefixLen } from '../net/prefix6.ts';
import type { Context } from './context.ts';
import type { NetnsState } from './netns-state.ts';
import type { Label } from './snapshot.ts';
import type { Subject } from './subject.ts';
import { putRow, removeRow, type Table } from './table.ts';

export const LABELS: Table<string, Label> = {
  object: 'label',
  part: 'labels',
  rows: (ns) => ns.own.labels,
  after: renewLabels,
};

/** Labels by key, in their order: the `nth` of its prefix and device, the oldest first. */
export function labelRows(labels: readonly Label[]): Map<string, Label> {
  const rows = new Map<string, Label>();
  for (const label of labels) rows.set(freeKey(rows, label), label);
  return rows;
}

type Named = Pick<Label, 'prefix' | 'ifindex'>;

export function labelKey({ prefix, ifindex }: Named, nth = 0): string {
  return nth === 0 ? `${prefix} ${ifindex}` : `${prefix} ${ifindex} ${nth}`;
}

/** Those in a dump are numbered, so that each finds its row. */
type NumberedEvent = LabelEvent & { readonly nth?: number };

export const labelSubject: Subject<NumberedEvent, string, Label> = {
  kind: 'label',
  table: LABELS,
  keyOf: keyOf,
  set: (ctx, event, key) => void putRow(ctx, LABELS, key, labelOf(event)),
  remove: (ctx, key) => void removeRow(ctx, LABELS, key),
  order: oldestFirst,
};

function keyOf({ ns }: Context, event: NumberedEvent): string {
  const rows = ns.own.labels;
  const label = labelOf(event);
  if (event.nth !== undefined) return labelKey(label, event.nth);
  const newest = newestKey(rows, label) ?? labelKey(label);
  if (event.op === 'del' || event.ifindex !== 0) return newest;
  return firstPrefix(rows, prefixLen(label.prefix)) === label.prefix
    ? newest
    : freeKey(rows, label);
}

/** Prefix of the first entry of a length in the kernel's list that names no device. */
function firstPrefix(rows: ReadonlyMap<string, Label>, len: number): Prefix6 | undefined {
  const all = [...rows.values()];
  return all.findLast((row) => row.ifindex === 0 && prefixLen(row.prefix) === len)?.prefix;
}

function newestKey(
  rows: ReadonlyMap<string, Label>,
  { prefix, ifindex }: Named,
): string | undefined {
  const keys = [...rows].filter(([, row]) => row.prefix === prefix && row.ifindex === ifindex);
  return keys.at(-1)?.[0];
}

function freeKey(rows: ReadonlyMap<string, Label>, label: Named): string {
  for (let nth = 0; ; nth++) {
    const key = labelKey(label, nth);
    if (!rows.has(key)) return key;
  }
}

function oldestFirst(dumped: readonly LabelEvent[]): NumberedEvent[] {
  const seen = new Map<string, number>();
  return dumped.toReversed().map((event) => {
    const key = labelKey(labelOf(event));
    const nth = seen.get(key) ?? 0;
    seen.set(key, nth + 1);
    return { ...event, nth };
  });
}

function labelOf({ prefix, prefixLen: len, ifindex, label }: LabelEvent): Label {
  return { prefix: prefix6From(prefix, len), ifindex, label };
}

function renewLabels(ns: NetnsState): void {
  ns.labels = [...ns.own.labels.values()];
}
