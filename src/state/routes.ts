/** Routes (`struct fib6_info`) by the kernel's address of each; equal metrics in leaf order. */

import type { Fib6Entry, RouteEvent } from '../decode/event.ts';
import { attributeRoute } from './attribute.ts';
import { attributedToNone } from './attribution.ts';
import { forgetClaim } from './attribution-index.ts';
import type { Context } from './context.ts';
import { pvdOfId } from './net-pvds.ts';
import type { NetnsState } from './netns-state.ts';
import { addPlace, moveRoute, noteRouteGone, placeOfNew, removePlace } from './route-place.ts';
import type { Attribution, Route } from './snapshot.ts';
import type { Subject } from './subject.ts';
import { putRow, removeRow, type Table } from './table.ts';

const EEXIST = 17;
/** Of the null entry only, with which a lookup ends that found nothing: no route. */
const RT6_TABLE_UNSPEC = 0;
/** Kernel addresses are above, ids of entries dumped over netlink below. */
const KERNEL_ID_MIN = 1n << 32n;

const ROUTES: Table<bigint, Route> = {
  object: 'route',
  part: 'routes',
  rows: (ns) => ns.routes,
};

export const routeSubject: Subject<RouteEvent, bigint, Route> = {
  kind: 'route',
  table: ROUTES,
  keyOf(ctx, event) {
    const { entry } = event;
    if (entry.table === RT6_TABLE_UNSPEC) return undefined;
    if (isStandIn(entry.id)) {
      if (event.op !== 'dump') return undefined;
    } else if (ctx.ns.routes.has(entry.id) || !ctx.ns.own.contents) return entry.id;
    const same = contents(ctx.ns).get(contentOf(entry));
    if (same === undefined) return isStandIn(entry.id) ? ctx.ns.own.nextId++ : entry.id;
    if (isStandIn(entry.id) || event.op === 'del') return same;
    // The kernel's own name of an entry that so far had a stand-in.
    if (isStandIn(same)) removeRoute(ctx, same);
    return entry.id;
  },
  set(ctx, event, key) {
    setRoute(ctx, event, event.entry.id === key ? event.entry : { ...event.entry, id: key });
    if (event.op === 'new') putInPlace(ctx, event, key);
  },
  remove: removeRoute,
  goes: ({ ns }, event) => noteRouteGone(ns, event),
};

function setRoute(ctx: Context, event: RouteEvent, entry: Fib6Entry): void {
  const { ns } = ctx;
  let old = ns.routes.get(entry.id);
  if (old && event.op === 'new') {
    // The address was used again: the record of the removal was lost.
    removeRoute(ctx, entry.id);
    old = undefined;
  }
  const before = old ? undefined : event.op !== 'new';
  const netPvd = netPvdOf(ctx, event);
  const route = routeOf(entry, old?.attribution ?? attributedToNone('ra-not-seen'), netPvd);
  const attribution = attributeRoute(ns, route, before, ctx.tsNs);
  if (old) ns.own.contents?.delete(contentOf(old));
  const came = event.op === 'new';
  if (putRow(ctx, ROUTES, entry.id, routeOf(entry, attribution, netPvd), came)) {
    ns.own.contents?.set(contentOf(entry), entry.id);
    if (!old) addPlace(ns, entry);
  } else forgetClaim(ns.own.index.routes, entry.id);
}

/** What replaces another one stands where that stood; whoever follows is told. */
function putInPlace({ ns, changes }: Context, event: RouteEvent, id: bigint): void {
  const before = placeOfNew(ns, event);
  const change = changes.at(-1);
  if (before === undefined || !ns.routes.has(before)) return;
  if (change?.object !== 'route' || change.op !== 'new' || change.value.id !== id) return;
  moveRoute(ns, change.value, before);
  changes[changes.length - 1] = { ...change, before };
}

/** Field by field: a spread that is added to costs microseconds, and tables are large. */
function routeOf(entry: Fib6Entry, attribution: Attribution, netPvd: Route['netPvd']): Route {
  const route: Route = {
    id: entry.id,
    expiresNs: entry.expiresNs,
    dst: entry.dst,
    dstLen: entry.dstLen,
    src: entry.src,
    srcLen: entry.srcLen,
    prefsrc: entry.prefsrc,
    gateway: entry.gateway,
    table: entry.table,
    metric: entry.metric,
    flags: entry.flags,
    nhId: entry.nhId,
    oif: entry.oif,
    weight: entry.weight,
    upperBound: entry.upperBound,
    siblings: entry.siblings,
    type: entry.type,
    protocol: entry.protocol,
    nhFlags: entry.nhFlags,
    attribution,
  };
  return netPvd === undefined ? route : { ...route, netPvd };
}

/** Undefined where the kernel knows no PvDs. */
function netPvdOf({ ns, knowsPvds }: Context, { pvd }: RouteEvent): Route['netPvd'] {
  if (!knowsPvds) return undefined;
  return pvd === undefined ? null : pvdOfId(ns.netPvds, pvd);
}

function removeRoute(ctx: Context, id: bigint): void {
  const old = removeRow(ctx, ROUTES, id);
  if (!old) return;
  forgetClaim(ctx.ns.own.index.routes, id);
  removePlace(ctx.ns, old);
  const content = contentOf(old);
  if (ctx.ns.own.contents?.get(content) === id) ctx.ns.own.contents.delete(content);
}

/**
 * `fib6_add()` refused a duplicate with EEXIST: the entry that is there takes over the
 * expiry of the refused one if it has one itself (`fib6_add_rt2node()`).
 */
export function applyDuplicate(ctx: Context, event: RouteEvent): boolean {
  if (event.op !== 'change' || event.error !== -EEXIST) return false;
  const id = contents(ctx.ns).get(contentOf(event.entry));
  const old = id === undefined ? undefined : ctx.ns.routes.get(id);
  if (id === undefined || old?.expiresNs === undefined) return true;
  putRow(ctx, ROUTES, id, { ...old, expiresNs: event.entry.expiresNs });
  return true;
}

function isStandIn(id: bigint): boolean {
  return id < KERNEL_ID_MIN;
}

/** What `rt6_duplicate_nexthop()` and the place in the tree make the same entry. */
function contentOf(entry: Fib6Entry): string {
  const { table, dst, dstLen, src, srcLen, metric, oif, gateway, nhId } = entry;
  return `${table} ${dst}/${dstLen} ${src}/${srcLen} ${metric} ${oif} ${gateway} ${nhId}`;
}

/** Index by content, made when it is first needed and kept from then on. */
function contents(ns: NetnsState): Map<string, bigint> {
  ns.own.contents ??= new Map([...ns.routes.values()].map((r) => [contentOf(r), r.id]));
  return ns.own.contents;
}
