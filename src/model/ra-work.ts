/** Working copy of what an RA can touch: one RA may touch the same object several times. */

import type { Preference } from '../decode/nd/preference.ts';
import type { Addr6 } from '../net/addr6.ts';
import { INFINITY_SEC, type Instant, NS_PER_SEC } from '../net/instant.ts';
import { type Prefix6, prefix6From } from '../net/prefix6.ts';
import type { PvdId } from '../net/pvd-id.ts';
import type { Address, Route, Snapshot } from '../state/snapshot.ts';
import { IFA_F_OPTIMISTIC, IFA_F_TEMPORARY, RTF_PREF_SHIFT } from './constants.ts';
import type { RaInput, RaLink } from './ra-input.ts';
import type { RaOffer } from './ra-offer.ts';
import {
  type EffectOp,
  NO_PARAMS,
  type PredictedAddress,
  type PredictedParams,
  type PredictedRoute,
  type RaEnd,
  type RouteKind,
  type SecRange,
} from './ra-prediction.ts';
import type { RaProfile } from './ra-profile.ts';

export const IFA_F_PERMANENT = 0x80;
export const IFA_F_STABLE_PRIVACY = 0x800;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export type WorkRoute = Mutable<Omit<PredictedRoute, 'op'>> & { touched: boolean; gone: boolean };
export type WorkAddress = Mutable<Omit<PredictedAddress, 'op'>> & { touched: boolean };

export interface RaWork {
  readonly snapshot: Snapshot;
  readonly ra: RaInput;
  readonly offer: RaOffer;
  readonly link: RaLink;
  readonly profile: RaProfile;
  readonly pvd: PvdId;
  readonly routes: WorkRoute[];
  /** All of the interface, oldest first. */
  readonly addresses: WorkAddress[];
  readonly params: Mutable<PredictedParams>;
  ended: RaEnd | undefined;
  undecided: string | undefined;
}

const PREFERENCES: readonly Preference[] = ['medium', 'high', 'reserved', 'low'];
export const SLAAC_PLEN = 64;

export function newWork(
  about: Pick<RaWork, 'snapshot' | 'ra' | 'offer' | 'link' | 'profile' | 'pvd'>,
  routes: readonly WorkRoute[],
): RaWork {
  const work: RaWork = {
    ...about,
    routes: [...routes],
    addresses: [],
    params: { ...NO_PARAMS },
    ended: undefined,
    undecided: undefined,
  };
  for (const address of about.snapshot.addresses.values()) {
    if (address.ifindex === about.link.ifindex) work.addresses.push(existingAddress(work, address));
  }
  return work;
}

/** A route as it is before the RA. */
export function existingRoute(route: Route, kind: RouteKind, pvd: PvdId): WorkRoute {
  return {
    kind,
    dst: prefix6From(route.dst, route.dstLen),
    gateway: route.gateway,
    table: route.table,
    metric: route.metric,
    preference: PREFERENCES[(route.flags >>> RTF_PREF_SHIFT) & 3] ?? 'medium',
    expiresNs: route.expiresNs,
    pvd,
    nested: false,
    was: route,
    touched: false,
    gone: false,
  };
}

function existingAddress({ ra, pvd }: RaWork, address: Address): WorkAddress {
  const left = (until: Instant | undefined): SecRange =>
    exactly(until === undefined ? INFINITY_SEC : ceilSec(until - ra.tsNs));
  return {
    addr: address.addr,
    prefix: prefix6From(address.addr, SLAAC_PLEN),
    temporary: (address.flags & IFA_F_TEMPORARY) !== 0,
    stablePrivacy: (address.flags & IFA_F_STABLE_PRIVACY) !== 0,
    optimistic: (address.flags & IFA_F_OPTIMISTIC) !== 0,
    permanent: (address.flags & IFA_F_PERMANENT) !== 0,
    validSec: left(address.validUntil),
    preferredSec: left(address.preferredUntil),
    pvd,
    nested: false,
    was: address,
    touched: false,
  };
}

/** The kernel subtracts whole seconds of age, so what is left is rounded up. */
function ceilSec(ns: Instant): number {
  return ns <= 0n ? 0 : Number((ns + NS_PER_SEC - 1n) / NS_PER_SEC);
}

export function exactly(sec: number): SecRange {
  return { min: sec, max: sec };
}

export function min(range: SecRange, max: number): SecRange {
  return { min: Math.min(range.min, max), max: Math.min(range.max, max) };
}

export function touchAddress(work: RaWork, address: WorkAddress, nested: boolean): void {
  address.touched = true;
  address.nested = nested;
  address.pvd = work.pvd;
}

/** Says in the prediction that part of it is not known; the first feature named stays. */
export function leaveOpen(work: RaWork, why: string): void {
  work.undecided ??= why;
}

/** Routes not of RAs are looked for only where the table is small: there is no index of them. */
const SCAN_MAX = 8192;

/** `rt6_duplicate_nexthop()` of the same node and metric: what makes `fib6_add()` say EEXIST. */
export function duplicateOf(
  work: RaWork,
  dst: Prefix6,
  metric: number,
  gateway: Addr6,
): Route | undefined {
  const { snapshot, link } = work;
  if (snapshot.routes.size > SCAN_MAX) {
    leaveOpen(work, 'large-table');
    return undefined;
  }
  for (const route of snapshot.routes.values()) {
    if (route.oif !== link.ifindex || route.gateway !== gateway || route.metric !== metric)
      continue;
    if (route.table !== link.table || route.nhId !== 0 || route.srcLen !== 0) continue;
    if (prefix6From(route.dst, route.dstLen) !== dst) continue;
    if (!work.routes.some(({ was, gone }) => gone && was?.id === route.id)) return route;
  }
  return undefined;
}

export function touchedRoutes(work: RaWork): PredictedRoute[] {
  const out: PredictedRoute[] = [];
  for (const { touched, gone, ...route } of work.routes) {
    const op: EffectOp | undefined = gone ? 'del' : route.was === undefined ? 'new' : 'update';
    if (touched && !(gone && route.was === undefined)) out.push({ op, ...route });
  }
  return out;
}

export function touchedAddresses(work: RaWork): PredictedAddress[] {
  const out: PredictedAddress[] = [];
  for (const { touched, ...address } of work.addresses) {
    const op = address.was === undefined ? 'new' : 'update';
    if (touched) out.push({ op, ...address });
  }
  return out;
}

export function untouchedAddresses(work: RaWork): Address[] {
  return work.addresses.flatMap(({ touched, was }) => (touched || was === undefined ? [] : [was]));
}
