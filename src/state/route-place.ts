/**
 * Where a route stands among those of its prefix and metric. `fib6_add_rt2node()` puts a new one
 * last, but with `NLM_F_REPLACE` into the place of the one it replaces, which is told first, by
 * `fib6_purge_rt()` outside of any `fib6_del()`.
 */

import type { BeginEvent, Fib6Entry, RouteEvent } from '../decode/event.ts';
import type { NetnsState } from './netns-state.ts';

/** `NLM_F_REPLACE`. */
const NLM_F_REPLACE = 0x100;
/** Mutators under way at a time: one a CPU. What is older was lost. */
const UNDER_WAY_MAX = 256;

/** Order of routes of one prefix and metric, and what is under way. */
export interface RoutePlaces {
  /** Ids by place in the tree and metric, in leaf order; made when first needed. */
  leaves: Map<string, bigint[]> | undefined;
  /** Routes that `fib6_del()` was called for. */
  readonly deleting: Set<bigint>;
  /** By place and metric: the one behind those that were replaced; undefined: none was. */
  readonly replaced: Map<string, bigint | undefined>;
}

export function noRoutePlaces(): RoutePlaces {
  return { leaves: undefined, deleting: new Set(), replaced: new Map() };
}

/** A mutator was entered. */
export function noteRouteBegin({ own }: NetnsState, { hook, id }: BeginEvent): void {
  if (hook !== 'fib6_del') return;
  if (own.places.deleting.size >= UNDER_WAY_MAX) own.places.deleting.clear();
  own.places.deleting.add(id);
}

/** A hook tells that a route goes; to be called while it is there. */
export function noteRouteGone(ns: NetnsState, { hook, entry }: RouteEvent): void {
  const { deleting, replaced } = ns.own.places;
  if (hook !== 'fib6_purge_rt' || deleting.delete(entry.id) || !ns.routes.has(entry.id)) return;
  const key = placeOf(entry);
  const leaf = leavesOf(ns).get(key) ?? [];
  const next = leaf[leaf.indexOf(entry.id) + 1];
  if (replaced.size >= UNDER_WAY_MAX) replaced.clear();
  // The others of a multipath route go after the first one, which is the one that is replaced.
  if (!replaced.has(key) || replaced.get(key) === entry.id) replaced.set(key, next);
}

/** The route that a new one stands before, undefined when it is the last. */
export function placeOfNew(ns: NetnsState, { nlmsgFlags, entry }: RouteEvent): bigint | undefined {
  const { replaced } = ns.own.places;
  if (replaced.size === 0) return undefined;
  const key = placeOf(entry);
  const before = replaced.get(key);
  replaced.delete(key);
  return (nlmsgFlags & NLM_F_REPLACE) !== 0 ? before : undefined;
}

/** Moves the last route before another one of its place and metric. */
export function moveRoute(ns: NetnsState, route: Fib6Entry, before: bigint): void {
  const leaf = leavesOf(ns).get(placeOf(route)) ?? [];
  const at = leaf.indexOf(before);
  if (at < 0 || leaf.at(-1) !== route.id) return;
  const behind = leaf.slice(at, -1);
  for (const id of behind) {
    const row = ns.routes.get(id);
    if (row === undefined) continue;
    ns.routes.delete(id);
    ns.routes.set(id, row);
  }
  leaf.splice(at, leaf.length - at, route.id, ...behind);
}

/** A route was added behind the others. */
export function addPlace({ own }: NetnsState, route: Fib6Entry): void {
  const { leaves } = own.places;
  if (leaves === undefined) return;
  const key = placeOf(route);
  const leaf = leaves.get(key);
  if (leaf === undefined) leaves.set(key, [route.id]);
  else leaf.push(route.id);
}

export function removePlace({ own }: NetnsState, route: Fib6Entry): void {
  const { leaves } = own.places;
  if (leaves === undefined) return;
  const key = placeOf(route);
  const leaf = leaves.get(key) ?? [];
  const at = leaf.indexOf(route.id);
  if (at >= 0) leaf.splice(at, 1);
  if (leaf.length === 0) leaves.delete(key);
}

function placeOf({ table, dst, dstLen, src, srcLen, metric }: Fib6Entry): string {
  return `${table} ${dst}/${dstLen} ${src}/${srcLen} ${metric}`;
}

function leavesOf(ns: NetnsState): Map<string, bigint[]> {
  const known = ns.own.places.leaves;
  if (known !== undefined) return known;
  const leaves = new Map<string, bigint[]>();
  ns.own.places.leaves = leaves;
  for (const route of ns.routes.values()) addPlace(ns, route);
  return leaves;
}
