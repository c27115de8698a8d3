/** PvdRecord: what the registry keeps of one PvD; {@link toPvd} is what readers see. */

import type { Addr6 } from '../net/addr6.ts';
import type { Instant } from '../net/instant.ts';
import type { PvdId } from '../net/pvd-id.ts';
import type { Pvd, PvdDns, PvdPrefix, PvdRouteInfo, PvdRouter } from './snapshot.ts';

/**
 * An RA without any lifetime still says that its PvD exists. Routers repeat themselves at
 * least every 1800 s (MaxRtrAdvInterval; RFC 4861, section 6.2.1).
 */
export const HEARD_FOR_NS = 1_800_000_000_000n;

/** Something one router said, until when it holds. */
export interface Kept<T> {
  readonly value: T;
  /** Undefined: for ever. */
  readonly until: Instant | undefined;
  readonly ifindex: number;
  /** {@link routerKey} of who said it. */
  readonly by: string;
}

export function routerKey(ifindex: number, router: Addr6): string {
  return `${ifindex} ${router}`;
}

export interface PvdRecord {
  readonly id: PvdId;
  readonly kind: Pvd['kind'];
  readonly name: string;
  /** Interface it was first heard on. */
  readonly ifindex: number;
  http: boolean;
  legacy: boolean;
  sequence: number;
  delay: number;
  mtu: number | undefined;
  readonly firstSeenNs: Instant;
  lastSeenNs: Instant;
  raCount: number;
  /** Key: {@link routerKey}. `until`: as long as the router counts as heard of. */
  readonly routers: Map<string, Kept<PvdRouter>>;
  /** Keys of the rest: that of the router and the value's own. */
  readonly prefixes: Map<string, Kept<PvdPrefix>>;
  readonly routeInfos: Map<string, Kept<PvdRouteInfo>>;
  readonly rdnss: Map<string, Kept<PvdDns>>;
  readonly dnssl: Map<string, Kept<PvdDns>>;
  /** When the next member goes; undefined when none does. */
  nextExpiryNs: Instant | undefined;
}

/** The PvD as a value that does not change afterwards. */
export function toPvd(record: PvdRecord): Pvd {
  const { id, kind, name, http, legacy, sequence, delay } = record;
  return {
    id,
    kind,
    name,
    http,
    legacy,
    sequence,
    delay,
    routers: values(record.routers),
    prefixes: values(record.prefixes),
    routeInfos: values(record.routeInfos),
    rdnss: values(record.rdnss),
    dnssl: values(record.dnssl),
    mtu: record.mtu,
    firstSeenNs: record.firstSeenNs,
    lastSeenNs: record.lastSeenNs,
    raCount: record.raCount,
  };
}

function values<T>(kept: ReadonlyMap<string, Kept<T>>): T[] {
  return [...kept.values()].map(({ value }) => value);
}

/** What routers contribute to a PvD. */
function contributions(record: PvdRecord): readonly Map<string, Kept<unknown>>[] {
  return [record.prefixes, record.routeInfos, record.rdnss, record.dnssl];
}

function isOver(end: Instant | undefined, now: Instant): boolean {
  return end !== undefined && end <= now;
}

/** Removes what is over at `now`. True when something changed. */
export function expireRecord(record: PvdRecord, now: Instant): boolean {
  let changed = false;
  const used = new Set<string>();
  for (const members of contributions(record)) {
    for (const [key, { until, by }] of members) {
      if (isOver(until, now)) changed = members.delete(key);
      else used.add(by);
    }
  }
  for (const [key, router] of record.routers) {
    const { routerUntil } = router.value;
    const isDefault = routerUntil !== undefined && routerUntil > now;
    if (!isDefault && !used.has(key) && isOver(router.until, now)) {
      changed = record.routers.delete(key);
    } else if (!isDefault && routerUntil !== undefined) {
      record.routers.set(key, { ...router, value: { ...router.value, routerUntil: undefined } });
      changed = true;
    }
  }
  renewExpiry(record, now);
  return changed;
}

/** Removes all that came over an interface. True when something did. */
export function removeInterface(record: PvdRecord, ifindex: number): boolean {
  let changed = false;
  for (const members of [record.routers, ...contributions(record)]) {
    for (const [key, member] of members) {
      if (member.ifindex === ifindex) changed = members.delete(key);
    }
  }
  return changed;
}

/** Whether it has nothing to offer at `now`: no default router, no member. */
export function isEmpty(record: PvdRecord, now: Instant): boolean {
  for (const { value } of record.routers.values()) {
    if (value.routerUntil !== undefined && value.routerUntil > now) return false;
  }
  return contributions(record).every((members) => members.size === 0);
}

/** Finds out when {@link expireRecord} will next find something. */
export function renewExpiry(record: PvdRecord, now: Instant): void {
  let next: Instant | undefined;
  const consider = (end: Instant | undefined): void => {
    if (end !== undefined && end > now && (next === undefined || end < next)) next = end;
  };
  for (const members of contributions(record)) {
    for (const { until } of members.values()) consider(until);
  }
  for (const { value, until } of record.routers.values()) {
    consider(value.routerUntil);
    consider(until);
  }
  record.nextExpiryNs = next;
}
