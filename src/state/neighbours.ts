/** Neighbour cache entries of IPv6 (`struct neighbour`). */

import type { NeighEvent } from '../decode/event.ts';
import { isMulticast } from '../net/addr6.ts';
import { type Neighbour, neighbourKey } from './snapshot.ts';
import type { Subject } from './subject.ts';
import { putRow, removeRow, type Table } from './table.ts';

const NTF_ROUTER = 0x80;
/** States in which the link-layer address means something (include/net/neighbour.h). */
const NUD_VALID = 0xde;

export const NEIGHBOURS: Table<string, Neighbour> = {
  object: 'neighbour',
  part: 'neighbours',
  rows: (ns) => ns.neighbours,
};

export const neighbourSubject: Subject<NeighEvent, string, Neighbour> = {
  kind: 'neigh',
  table: NEIGHBOURS,
  /** Multicast has entries, too, but they are computed and decide nothing (`ndisc_constructor()`). */
  keyOf: (_ctx, { ifindex, addr }) => (isMulticast(addr) ? undefined : neighbourKey(ifindex, addr)),
  set(ctx, { addr, ifindex, nudState, ntfFlags, lladdr: known }, key) {
    const lladdr = (nudState & NUD_VALID) === 0 ? '' : known;
    const isRouter = (ntfFlags & NTF_ROUTER) !== 0;
    putRow(ctx, NEIGHBOURS, key, { addr, ifindex, nudState, isRouter, lladdr });
  },
  remove: (ctx, key) => void removeRow(ctx, NEIGHBOURS, key),
};
