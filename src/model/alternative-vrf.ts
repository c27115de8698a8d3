/**
 * PvDs as VRFs: an l3mdev for each PvD has the devices its RAs come in through, and their
 * routes and addresses with them. A bound flow is bound to that device.
 */

import type { PvdId } from '../net/pvd-id.ts';
import { blankRule } from '../state/rules.ts';
import type { Link, Route, Rule, Snapshot } from '../state/snapshot.ts';
import {
  type Alternative,
  type Domain,
  freeTables,
  pvdsOf,
  type Reason,
  reason,
  sharedPrefixes,
  withRules,
} from './alternative.ts';
import { VRF_NAME, withoutVrfs } from './alternative-base.ts';
import {
  FR_ACT_UNREACHABLE,
  LOOPBACK_IFINDEX,
  RT6_TABLE_LOCAL,
  RT6_TABLE_MAIN,
} from './constants.ts';

/** `vrf_fib_rule()` puts its rule there with the first VRF. */
const PREF_L3MDEV = 1000;
/** What follows that one keeps flows of a VRF from falling through to main. */
const PREF_END = 1001;

/**
 * The state once every device is in its VRF and the RAs came again: enslaving takes a device
 * down and up (`cycle_netdev()`, drivers/net/vrf.c).
 */
export function asVrf(before: Snapshot): Alternative {
  const snapshot = withoutVrfs(before);
  const pvds = pvdsOf(snapshot);
  const { members, gaps } = assign(snapshot, pvds);
  const domains = domainsOf(snapshot, pvds, members);
  const rules = rulesOf(snapshot);
  const vrfs = domains.map(vrfLink);
  const masters = new Map(domains.flatMap((d) => d.members.map((m) => [m, d] as const)));
  const routes = [...snapshot.routes.values()].map((route) => moved(route, masters));
  return {
    kind: 'vrf',
    domains,
    snapshot: {
      ...snapshot,
      links: new Map([
        ...[...snapshot.links].map(([i, l]) => {
          const master = masters.get(i)?.ifindex ?? l.master;
          return [i, { ...l, master }] as const;
        }),
        ...vrfs.map((vrf) => [vrf.ifindex, vrf] as const),
      ]),
      routes: new Map(routes.map((r) => [r.id, r])),
      rules: withRules(snapshot.rules, rules),
    },
    rules,
    routes: routes.filter((r) => r.nhId === 0 && masters.has(r.oif)),
    gaps: [...gaps, ...sharedPrefixes(snapshot)],
  };
}

/** Which PvD gets a device; of several the first, since a device has one master at most. */
function assign(
  snapshot: Snapshot,
  pvds: readonly PvdId[],
): { members: ReadonlyMap<PvdId, number[]>; gaps: Reason[] } {
  const members = new Map<PvdId, number[]>(pvds.map((pvd) => [pvd, []]));
  const gaps: Reason[] = [];
  const claims = new Map(pvds.map((pvd) => [pvd, devicesOf(snapshot, pvd)]));
  for (const link of snapshot.links.values()) {
    const owners = pvds.filter((pvd) => claims.get(pvd)?.has(link.ifindex));
    const [owner] = owners;
    if (owner === undefined || link.ifindex === LOOPBACK_IFINDEX) continue;
    if (link.master !== 0) {
      gaps.push(reason('interface-has-master', owners, link.ifindex));
      continue;
    }
    if (owners.length > 1) gaps.push(reason('interface-in-several-pvds', owners, link.ifindex));
    members.get(owner)?.push(link.ifindex);
  }
  for (const [pvd, own] of members) {
    if (own.length === 0) gaps.push(reason('pvd-without-interface', [pvd]));
  }
  return { members, gaps };
}

/** Devices on which a PvD is announced, or has an address or a route. */
function devicesOf(snapshot: Snapshot, pvd: PvdId): Set<number> {
  const known = snapshot.pvds.get(pvd);
  const found = new Set<number>();
  for (const part of [known?.routers, known?.prefixes, known?.routeInfos]) {
    for (const { ifindex } of part ?? []) found.add(ifindex);
  }
  for (const a of snapshot.addresses.values()) if (a.attribution.pvd === pvd) found.add(a.ifindex);
  for (const r of snapshot.routes.values()) if (r.attribution.pvd === pvd) found.add(r.oif);
  return found;
}

function domainsOf(
  snapshot: Snapshot,
  pvds: readonly PvdId[],
  members: ReadonlyMap<PvdId, readonly number[]>,
): Domain[] {
  const tables = freeTables(snapshot, pvds.length);
  const names = new Set([...snapshot.links.values()].map((link) => link.name));
  const top = Math.max(0, ...snapshot.links.keys());
  let number = 0;
  return pvds.map((pvd, i) => {
    while (names.has(`${VRF_NAME}${number}`)) number++;
    const name = `${VRF_NAME}${number++}`;
    const own = members.get(pvd) ?? [];
    return { pvd, table: tables[i] ?? 0, mark: 0, ifindex: top + 1 + i, name, members: own };
  });
}

function vrfLink({ ifindex, name, table }: Domain): Link {
  return {
    ifindex,
    name,
    flags: 0x4c1,
    mtu: 65575,
    mtu6: 65575,
    type: 1,
    lladdr: '',
    operstate: 6,
    carrier: true,
    master: 0,
    isL3Master: true,
    l3mdevTable: table,
  };
}

function rulesOf(snapshot: Snapshot): Rule[] {
  const l3mdev = { l3mdev: true, table: 0 };
  const known = snapshot.rules.find((rule) => rule.l3mdev && rule.action !== FR_ACT_UNREACHABLE);
  const pref = known === undefined ? PREF_END : known.pref + 1;
  const end = { ...blankRule(-301n, pref), ...l3mdev, action: FR_ACT_UNREACHABLE };
  return known === undefined ? [{ ...blankRule(-300n, PREF_L3MDEV), ...l3mdev }, end] : [end];
}

/** `l3mdev_fib_table()`: routes of a slave are in its VRF's table, not in main or local. */
function moved(route: Route, masters: ReadonlyMap<number, Domain>): Route {
  const domain = masters.get(route.oif);
  const isDefaultTable = route.table === RT6_TABLE_MAIN || route.table === RT6_TABLE_LOCAL;
  return domain !== undefined && isDefaultTable ? { ...route, table: domain.table } : route;
}
