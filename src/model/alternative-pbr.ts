/**
 * PvDs as policy-based routing: a table for each PvD holds copies of its routes, and a bit of
 * the mark leads to it. A marked flow that finds nothing there stops, as a bound one does.
 */

import type { PvdId } from '../net/pvd-id.ts';
import { blankRule } from '../state/rules.ts';
import type { Route, Rule, Snapshot } from '../state/snapshot.ts';
import {
  type Alternative,
  type Domain,
  freeTables,
  pvdsOf,
  reason,
  sharedPrefixes,
  withRules,
} from './alternative.ts';
import { PREF_END, PREF_LINK, PREF_TABLE, withoutTables } from './alternative-base.ts';
import {
  FR_ACT_UNREACHABLE,
  RT6_TABLE_MAIN,
  RTF_EXPIRES,
  RTF_GATEWAY,
  RTF_PREF_SHIFT,
  RTF_UP,
  RTN_UNICAST,
  RTNH_F_DEAD,
  RTPROT_BOOT,
} from './constants.ts';

/** A binding to no PvD that exists has this bit, and no table. */
export const MARK_NOWHERE = 0x8000_0000;
/** Bits below that one. */
const PVDS_MAX = 31;
/** What `ip route add` can say. */
const FLAGS_KEPT = RTF_UP | RTF_GATEWAY | RTF_EXPIRES | (3 << RTF_PREF_SHIFT);

/** The state with a table and two rules for each PvD. */
export function asPbr(before: Snapshot): Alternative {
  const snapshot = withoutTables(before);
  const pvds = pvdsOf(snapshot);
  const tables = freeTables(snapshot, Math.min(pvds.length, PVDS_MAX));
  const domains = pvds.map((pvd, i): Domain => {
    const has = i < PVDS_MAX;
    const mark = has ? 2 ** i : 0;
    return { pvd, table: tables[i] ?? 0, mark, ifindex: 0, name: '', members: [] };
  });
  const rules = rulesOf(domains.filter((domain) => domain.mark !== 0));
  const routes = copies(snapshot, domains);
  const gaps = [
    ...domains.filter((d) => d.mark === 0).map((d) => reason('no-mark-left', [d.pvd])),
    ...sharedPrefixes(snapshot),
  ];
  return {
    kind: 'pbr',
    domains,
    snapshot: {
      ...snapshot,
      rules: withRules(snapshot.rules, rules),
      routes: new Map([...snapshot.routes, ...routes.map((r) => [r.id, r] as const)]),
    },
    rules,
    routes,
    gaps,
  };
}

/**
 * Marked flows still reach the link (fe80::/10 is in main; ff00::/8 and this host are in
 * local, which is asked before). Every lookup comes before any end, so that a flow of several
 * PvDs tries all its tables.
 */
function rulesOf(domains: readonly Domain[]): Rule[] {
  const link = {
    ...blankRule(-10n, PREF_LINK),
    dst: 'fe80::/10' as Rule['dst'],
    table: RT6_TABLE_MAIN,
  };
  const bit = (mark: number): Pick<Rule, 'mark' | 'markMask'> => ({ mark, markMask: mark });
  const lookups = domains.map(({ mark, table }, i) => ({
    ...blankRule(BigInt(-100 - i), PREF_TABLE + i),
    ...bit(mark),
    table,
  }));
  const ends = [...domains.map(({ mark }) => mark), MARK_NOWHERE].map((mark, i) => ({
    ...blankRule(BigInt(-200 - i), PREF_END + i),
    ...bit(mark),
    action: FR_ACT_UNREACHABLE,
  }));
  return [link, ...lookups, ...ends];
}

/** Copies of the routes of each PvD, as `ip route add` makes them. */
function copies(snapshot: Snapshot, domains: readonly Domain[]): Route[] {
  let nextId = [...snapshot.routes.keys()].reduce((top, id) => (id > top ? id : top), 0n);
  return domains.flatMap((domain) =>
    ownMetrics(routesOf(snapshot, domain.pvd)).map((route) => ({
      ...route,
      id: ++nextId,
      table: domain.table,
      flags: route.flags & FLAGS_KEPT,
      protocol: RTPROT_BOOT,
      siblings: 0,
    })),
  );
}

function routesOf(snapshot: Snapshot, pvd: PvdId): Route[] {
  return [...snapshot.routes.values()].filter(
    (r) => r.attribution.pvd === pvd && r.type === RTN_UNICAST && !(r.nhFlags & RTNH_F_DEAD),
  );
}

/**
 * Gives the routes of one node a metric each. Routes of RAs are alternatives even when their
 * metrics are the same, but those of a command would be one multipath route
 * (`rt6_qualify_for_ecmp()`), which knows neither preference nor, while it lasts, reachability.
 */
function ownMetrics(routes: readonly Route[]): Route[] {
  const last = new Map<string, number>();
  return routes
    .map((route, order) => ({ route, order }))
    .sort(
      (a, b) =>
        a.route.metric - b.route.metric || rank(b.route) - rank(a.route) || a.order - b.order,
    )
    .map(({ route }) => {
      const node = `${route.dst}/${route.dstLen} ${route.src}/${route.srcLen}`;
      const metric = Math.max(route.metric, (last.get(node) ?? 0) + 1);
      last.set(node, metric);
      return { ...route, metric };
    });
}

/** `IPV6_DECODE_PREF()`: low 1, medium 2, high 3. */
function rank(route: Route): number {
  return ((route.flags >>> RTF_PREF_SHIFT) & 3) ^ 2;
}
