/** The state as it would be without what an earlier `compile` made, so that it can be made anew. */

import type { Link, Route, Rule, Snapshot } from '../state/snapshot.ts';
import {
  FR_ACT_UNREACHABLE,
  RT6_TABLE_LOCAL,
  RT6_TABLE_MAIN,
  RTN_ANYCAST,
  RTN_LOCAL,
  RTN_MULTICAST,
} from './constants.ts';

/** Preferences of the rules: the link first, then a table a PvD, then the ends. */
export const PREF_LINK = 8800;
export const PREF_TABLE = 8801;
export const PREF_END = 8840;
const PREF_LAST = PREF_END + 31;
/** Names of the VRFs: this and a number. */
export const VRF_NAME = 'pvd';

/** Without rules and tables of `pbr`. */
export function withoutTables(snapshot: Snapshot): Snapshot {
  const rules = snapshot.rules.filter((rule) => !isOwnRule(rule));
  if (rules.length === snapshot.rules.length) return snapshot;
  const tables = new Set(snapshot.rules.filter(isOwnLookup).map((rule) => rule.table));
  const routes = [...snapshot.routes].filter(([, route]) => !tables.has(route.table));
  return { ...snapshot, rules, routes: new Map(routes) };
}

/** Without VRFs of ours: their devices have no master, their routes are in main and local. */
export function withoutVrfs(snapshot: Snapshot): Snapshot {
  const vrfs = new Map<number, Link>();
  for (const link of snapshot.links.values()) if (isOwnVrf(link)) vrfs.set(link.ifindex, link);
  if (vrfs.size === 0) return snapshot;
  const tables = new Set([...vrfs.values()].map((link) => link.l3mdevTable));
  const links = [...snapshot.links].filter(([ifindex]) => !vrfs.has(ifindex));
  return {
    ...snapshot,
    rules: snapshot.rules.filter((rule) => !rule.l3mdev || rule.action !== FR_ACT_UNREACHABLE),
    links: new Map(links.map(([i, l]) => [i, vrfs.has(l.master) ? { ...l, master: 0 } : l])),
    routes: new Map(
      [...snapshot.routes].map(([id, r]) => [id, tables.has(r.table) ? movedBack(r) : r]),
    ),
  };
}

function isOwnRule(rule: Rule): boolean {
  const { pref, mark, markMask, dst } = rule;
  if (pref === PREF_LINK) return dst === 'fe80::/10';
  return pref >= PREF_TABLE && pref <= PREF_LAST && mark !== 0 && mark === markMask;
}

function isOwnLookup(rule: Rule): boolean {
  return isOwnRule(rule) && rule.pref >= PREF_TABLE && rule.pref < PREF_END;
}

function isOwnVrf({ isL3Master, name }: Link): boolean {
  return isL3Master && name.startsWith(VRF_NAME) && /^\d+$/.test(name.slice(VRF_NAME.length));
}

/** `l3mdev_fib_table()` of a device without VRF is 0: main, or local for addresses and groups. */
function movedBack(route: Route): Route {
  const isLocal = [RTN_LOCAL, RTN_ANYCAST, RTN_MULTICAST].includes(route.type);
  return { ...route, table: isLocal ? RT6_TABLE_LOCAL : RT6_TABLE_MAIN };
}
