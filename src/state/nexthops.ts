/** Nexthop objects (`struct nexthop`) and groups of them. */

import type { NexthopEvent } from '../decode/event.ts';
import type { Nexthop } from './snapshot.ts';
import type { Subject } from './subject.ts';
import { putRow, removeRow, type Table } from './table.ts';

const NEXTHOPS: Table<number, Nexthop> = {
  object: 'nexthop',
  part: 'nexthops',
  rows: (ns) => ns.nexthops,
};

export const nexthopSubject: Subject<NexthopEvent, number, Nexthop> = {
  kind: 'nexthop',
  table: NEXTHOPS,
  keyOf: (_ctx, event) => event.id,
  set(ctx, event, key) {
    const { id, gateway, oif, nhFlags, isGroup, isBlackhole, isResilient, members } = event;
    const nexthop = { id, gateway, oif, nhFlags, isGroup, isBlackhole, isResilient, members };
    putRow(ctx, NEXTHOPS, key, nexthop);
  },
  remove: (ctx, key) => void removeRow(ctx, NEXTHOPS, key),
};
