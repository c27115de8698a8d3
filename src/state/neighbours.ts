/** Neighbour cache entries of IPv6 (`struct neighbour`). */

import type { NeighEvent } from '../decode/event.ts';
import { type Neighbour, neighbourKey } from './snapshot.ts';
import type { Subject } from './subject.ts';
import { putRow, removeRow, type Table } from './table.ts';

const NTF_ROUTER = 0x80;

export const NEIGHBOURS: Table<string, Neighbour> = {
  object: 'neighbour',
  part: 'neighbours',
  rows: (ns) => ns.neighbours,
};

export const neighbourSubject: Subject<NeighEvent, string, Neighbour> = {
  kind: 'neigh',
  table: NEIGHBOURS,
  keyOf: (_ctx, event) => neighbourKey(event.ifindex, event.addr),
  set(ctx, { addr, ifindex, nudState, ntfFlags, lladdr }, key) {
    const isRouter = (ntfFlags & NTF_ROUTER) !== 0;
    putRow(ctx, NEIGHBOURS, key, { addr, ifindex, nudState, isRouter, lladdr });
  },
  remove: (ctx, key) => void removeRow(ctx, NEIGHBOURS, key),
};
