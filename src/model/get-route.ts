/** What `ip -6 route get` shows of a lookup (`inet6_rtm_getroute()`, `rt6_fill_node()`). */

import { type Addr6, ANY6 } from '../net/addr6.ts';
import type { Snapshot } from '../state/snapshot.ts';
import { type Model, predictOn } from './predict.ts';
import type { LookupQuery, Outcome } from './query.ts';

/** One answer; of an error nothing else is shown. */
export interface ShownRoute {
  /** errno as a positive number; 0 when there is a route. */
  readonly error: number;
  /** Of the dst: `lo` or the VRF for local destinations. */
  readonly ifindex: number;
  readonly gateway: Addr6;
  /** `::`: none is shown. */
  readonly src: Addr6;
}

/** What the model stands on, by key. */
type Tables = Pick<Snapshot, 'routes' | 'nexthops'>;

/** Every answer that may be shown. */
export function shownRoutes(model: Model, tables: Tables, query: LookupQuery): ShownRoute[] {
  const { outcomes } = predictOn(model, query);
  return outcomes.flatMap((outcome): ShownRoute[] => {
    const { error, oif: ifindex, gateway } = outcome;
    if (error !== 0) return [{ error, ifindex: 0, gateway: ANY6, src: ANY6 }];
    const sources = shownSources(model, tables, query, outcome);
    return sources.map((src) => ({ error: 0, ifindex, gateway, src }));
  });
}

/** The source a socket would get, preferences aside; with iif the route's own is all there is. */
function shownSources(
  model: Model,
  { routes, nexthops }: Tables,
  { daddr, input, fromNs, toNs }: LookupQuery,
  { from, entry, nhOif, gateway: nextHop }: Outcome,
): Addr6[] {
  const route = routes.get(from ?? entry ?? 0n);
  if (route !== undefined && route.prefsrc !== ANY6) return [route.prefsrc];
  if (input) return [ANY6];
  const nh = route?.nhId ? nexthops.get(route.nhId) : undefined;
  const member = nh?.isGroup ? nexthops.get(nh.members[0]?.id ?? 0) : nh;
  const oif = member?.oif ?? nhOif;
  const query = { kind: 'saddr', daddr, oif, prefs: 0, nextHop, fromNs, toNs } as const;
  const { outcomes } = predictOn(model, query);
  return outcomes.map(({ saddr }) => saddr);
}
