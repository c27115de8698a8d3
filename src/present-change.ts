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
  const byCookie = new Map<bigint, { cookie: bigint; netns: NetnsData[]; tables: ChangeData[] }>();
  for (const change of changes) {
    const { op, netnsCookie: cookie } = change;
    let group = byCookie.get(cookie);
    if (group === undefined) {
      group = { cookie, netns: [], tables: [] };
      byCookie.set(cookie, group);
    }
    if (change.object === 'netns') group.netns.push({ op, ...change.value });
    else {
      const { object, value } = change;
      group.tables.push({ object, op, value: toJson(value) } as ChangeData);
    }
  }
  return [...byCookie.values()];
}
