/** Which entries lead to a nexthop object (`fib6_info.nh`, `nexthop.f6i_list`). */

import type { Route } from '../state/snapshot.ts';
import { pvdOfRoute } from './association.ts';

/** By nexthop object, and there by what is read of a dst's route: offsets of entries. */
export type NexthopEntries = Map<number, Map<string, Set<number>>>;

/**
 * What is read of `rt6_info.from`: by `ip6_route_get_saddr()` the preferred source, the nexthop
 * and the PvD, by `fib6_rule_suppress()` the prefix length.
 */
export function shownBy(route: Route | undefined): string {
  if (route === undefined) return '';
  return `${route.prefsrc} ${route.dstLen} ${route.nhId} ${pvdOfRoute(route) ?? ''}`;
}

export function addNexthopEntry(to: NexthopEntries, route: Route, entry: number): void {
  if (route.nhId === 0) return;
  const ofObject = to.get(route.nhId) ?? new Map<string, Set<number>>();
  to.set(route.nhId, ofObject);
  const shown = shownBy(route);
  ofObject.set(shown, (ofObject.get(shown) ?? new Set()).add(entry));
}

export function deleteNexthopEntry(from: NexthopEntries, route: Route, entry: number): void {
  const ofObject = from.get(route.nhId);
  for (const [shown, entries] of ofObject ?? []) {
    if (entries.delete(entry) && entries.size === 0) ofObject?.delete(shown);
  }
}
