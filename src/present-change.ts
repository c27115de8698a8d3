/** Changes as envelopes carry them. */

import { toJson } from './net/json.ts';
import type { NetnsData } from './publish/envelope.ts';
import type { ChangeData } from './publish/snapshot-data.ts';
import type { Change } from './state/change.ts';

export interface NetnsChanges {
  readonly cookie: bigint;
  readonly netns: readonly NetnsData[];
  readonly tables: readonly ChangeData[];
}

/** What one event changed, by netns, in order. */
export function presentChanges(changes: readonly Change[]): NetnsChanges[] {
  const byCookie = new Map<bigint, { netns: NetnsData[]; tables: ChangeData[] }>();
  for (const change of changes) {
    let group = byCookie.get(change.netnsCookie);
    if (group === undefined) {
      group = { netns: [], tables: [] };
      byCookie.set(change.netnsCookie, group);
    }
    const { op } = change;
    if (change.object === 'netns') group.netns.push({ op, ...change.value });
    else {
      const { object, value } = change;
      group.tables.push({ object, op, value: toJson(value) } as ChangeData);
    }
  }
  return [...byCookie].map(([cookie, group]) => ({ cookie, ...group }));
}
