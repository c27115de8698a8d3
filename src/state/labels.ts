/** Address labels (`struct ip6addrlbl_entry`). */

import type { LabelEvent } from '../decode/event.ts';
import { prefix6From } from '../net/prefix6.ts';
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

export function labelKey({ prefix, ifindex }: Pick<Label, 'prefix' | 'ifindex'>): string {
  return `${prefix} ${ifindex}`;
}

export const labelSubject: Subject<LabelEvent, string, Label> = {
  kind: 'label',
  table: LABELS,
  keyOf: (_ctx, event) => labelKey(labelOf(event)),
  set: (ctx, event, key) => void putRow(ctx, LABELS, key, labelOf(event)),
  remove: (ctx, key) => void removeRow(ctx, LABELS, key),
};

function labelOf({ prefix, prefixLen, ifindex, label }: LabelEvent): Label {
  return { prefix: prefix6From(prefix, prefixLen), ifindex, label };
}

function renewLabels(ns: NetnsState): void {
  ns.labels = [...ns.own.labels.values()];
}
