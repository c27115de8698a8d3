/** A dump of what a netns has after a run. */

import type { KernelEvent } from '../../src/decode/event.ts';
import { type Prefix6, prefixAddr, prefixLen } from '../../src/net/prefix6.ts';
import { createWorld } from '../../src/state/world.ts';
import { at, dumpMark, feed, stateOf } from '../state/fixture.ts';
import { eventsOf, type Item } from './healthy-run.ts';

/** When the dump begins: after all of the run, before what it is held for is overdue. */
const DUMP_SEC = 5;

export function dumpOf(items: readonly Item[]): KernelEvent[] {
  const world = createWorld();
  feed(world, items.flatMap(eventsOf));
  const state = stateOf(world);
  const h = at(DUMP_SEC + 0.01, 'dump');
  const base = { id: 0n, cstampNs: 0n, rtPriority: 0, rtId: 0n, state: 2, event: 0 };
  const until = (ns: bigint | undefined): number =>
    ns === undefined ? 0xffff_ffff : Number((ns - h.tsNs) / 1_000_000_000n);
  const split = <K extends string>(key: K, prefix: Prefix6) => ({
    [key]: prefixAddr(prefix),
    [`${key}Len`]: prefixLen(prefix),
  });
  const rows = [
    ...[...state.links.values()].map((row) => ({ ...h, ...row, kind: 'link', id: 0n, event: 0 })),
    ...[...state.devconf].map(([ifindex, conf]) => ({ ...h, kind: 'devconf', ifindex, conf })),
    ...[...state.addresses.values()].map((row) => ({
      ...h,
      ...base,
      ...row,
      kind: 'addr',
      tstampNs: h.tsNs,
      validLftSec: until(row.validUntil),
      preferredLftSec: until(row.preferredUntil),
    })),
    ...[...state.routes.values()].map(({ attribution: _, ...entry }) => ({
      ...h,
      kind: 'route',
      entry,
      nlmsgFlags: 0,
      error: 0,
      portid: 0,
    })),
    ...state.rules.map((row) => ({
      ...h,
      ...row,
      ...split('src', row.src),
      ...split('dst', row.dst),
      kind: 'rule',
    })),
    ...state.labels
      .map((row) => ({ ...h, ...row, ...split('prefix', row.prefix), kind: 'label' }))
      .reverse(),
    ...[...state.neighbours.values()].map((row) => ({
      ...h,
      ...row,
      kind: 'neigh',
      id: 0n,
      ntfFlags: row.isRouter ? 0x80 : 0,
      type: 1,
    })),
    ...[...state.nexthops.values()].map((row) => ({
      ...h,
      ...row,
      kind: 'nexthop',
      gatewayFamily: 10,
      isFdb: false,
      protocol: 3,
    })),
  ];
  return [
    dumpMark(DUMP_SEC, 'begin'),
    ...(rows as unknown as KernelEvent[]),
    dumpMark(DUMP_SEC + 0.05, 'end'),
  ];
}
