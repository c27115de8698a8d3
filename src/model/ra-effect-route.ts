/** Routes that RAs make: default routers, route information, on-link prefixes. */

import { type Addr6, ANY6, isLinkLocal, isMulticast } from '../net/addr6.ts';
import { endOf, type Instant, NS_PER_SEC } from '../net/instant.ts';
import { DEFAULT6, type Prefix6, prefix6From } from '../net/prefix6.ts';
import type { OfferPrefix, OfferRoute } from './ra-offer.ts';
import type { RouteKind } from './ra-prediction.ts';
import { duplicateOf, existingRoute, leaveOpen, type RaWork, type WorkRoute } from './ra-work.ts';

/** `IP6_RT_PRIO_USER`, `IP6_RT_PRIO_ADDRCONF` */
const PRIO_USER = 1024;
const PRIO_ADDRCONF = 256;

/** `accept_ra_min_lft` of an option, compared as the kernel does: a negative one is over all. */
function isTooShort({ link }: RaWork, lifetimeSec: number): boolean {
  return lifetimeSec !== 0 && lifetimeSec < link.conf.acceptRaMinLft >>> 0;
}

/** `rt6_get_dflt_router()`: the first of the node, which is that of the least metric. */
function dfltRouter(work: RaWork): WorkRoute | undefined {
  return first(work, ({ kind }) => kind === 'router');
}

function first(work: RaWork, wanted: (route: WorkRoute) => boolean): WorkRoute | undefined {
  let found: WorkRoute | undefined;
  for (const route of work.routes) {
    if (route.gone || !wanted(route)) continue;
    if (found === undefined || route.metric < found.metric) found = route;
  }
  return found;
}

/**
 * Router Lifetime and Prf of the header (RFC 4861, section 6.3.4; RFC 4191, section 3.1). False
 * when the kernel gives up on the rest of the RA: `ndisc_router_discovery()` does where
 * `rt6_add_dflt_router()` fails.
 */
export function learnDfltRouter(work: RaWork): boolean {
  const { offer, link, ra } = work;
  const { lifetimeSec } = offer.header;
  const { raDefrtrMetric: metric, acceptRaRtrPref } = link.conf;
  const prf = offer.header.preference;
  const preference = prf === 'reserved' || acceptRaRtrPref === 0 ? 'medium' : prf;
  let route = dfltRouter(work);
  if (route !== undefined && (lifetimeSec === 0 || route.metric !== metric)) {
    take(work, route);
    route = undefined;
  }
  if (lifetimeSec === 0) return true;
  const expiresNs = ra.tsNs + BigInt(lifetimeSec) * NS_PER_SEC;
  if (route === undefined) {
    const made = add(work, 'router', DEFAULT6, ra.saddr, metric, expiresNs);
    if (made === undefined) return work.profile.reads === 'rfc';
    route = made;
  }
  Object.assign(route, { preference, expiresNs, touched: true, nested: offer.nestedHeader });
  return true;
}

/** `rt6_route_rcv()` and the checks before it (RFC 4191, section 3.1). */
export function learnRouteInfo(work: RaWork, rio: OfferRoute): void {
  const { link, ra } = work;
  const { conf } = link;
  if (rio.len === 0 && conf.acceptRaDefrtr === 0) return;
  if (isTooShort(work, rio.lifetimeSec)) return;
  if (rio.len < conf.acceptRaRtInfoMinPlen || rio.len > conf.acceptRaRtInfoMaxPlen) return;
  if (!isWhole(work, rio) || rio.preference === 'reserved') return;
  const dst = prefix6From(rio.addr, rio.len);
  let route =
    rio.len === 0
      ? dfltRouter(work)
      : first(work, (r) => r.kind === 'rio' && r.dst === dst && r.gateway === ra.saddr);
  if (rio.lifetimeSec === 0) {
    if (route !== undefined) take(work, route);
    return;
  }
  const expiresNs = endOf(ra.tsNs, rio.lifetimeSec);
  // Neither ra_defrtr_metric nor anything else but 1024, be it for ::/0.
  route ??= add(work, rio.len === 0 ? 'router' : 'rio', dst, ra.saddr, PRIO_USER, undefined);
  if (route === undefined) return;
  const { preference, nested } = rio;
  Object.assign(route, { preference, expiresNs, touched: true, nested });
}

/** Length, prefix length and option length of a RIO (RFC 4191, section 2.3). */
function isWhole(work: RaWork, { len, units }: OfferRoute): boolean {
  if (units > 3 || len > 128) return false;
  const missing = (len > 64 ? 3 : len > 0 ? 2 : 0) - units;
  const { rioShort } = work.profile.quirks;
  if (missing === 1 && rioShort === undefined) leaveOpen(work, 'quirk-rio-short');
  return missing <= (rioShort === true ? 1 : 0);
}

/** Whether a PIO is looked at: `addrconf_prefix_rcv()`; RFC 4861, section 6.3.4. */
export function isUsablePrefix(work: RaWork, pio: OfferPrefix): boolean {
  if (isLinkLocal(pio.addr) || isMulticast(pio.addr) || isTooShort(work, pio.validSec))
    return false;
  return work.profile.reads === 'rfc' || pio.preferredSec <= pio.validSec;
}

/** The on-link part of `addrconf_prefix_rcv()` (RFC 4861, section 6.3.4). */
export function learnOnLink(work: RaWork, pio: OfferPrefix): void {
  if (!pio.onLink || pio.len > 128) return;
  const dst = prefix6From(pio.addr, pio.len);
  const route = first(work, (r) => r.kind === 'on-link' && r.dst === dst);
  if (pio.validSec === 0) {
    if (route !== undefined) take(work, route);
    return;
  }
  const expiresNs = endOf(work.ra.tsNs, pio.validSec);
  const made = route ?? add(work, 'on-link', dst, ANY6, PRIO_ADDRCONF, expiresNs);
  if (made !== undefined) Object.assign(made, { expiresNs, touched: true, nested: pio.nested });
}

/** `ip6_del_rt()` */
function take(work: RaWork, route: WorkRoute): void {
  route.touched = true;
  route.gone = true;
  route.nested = route.kind === 'router' && work.offer.nestedHeader;
}

/**
 * `ip6_route_add()`. Undefined when `ip6_validate_gw()` finds that the gateway is the host itself,
 * or `fib6_add()` a duplicate: one that expires takes over the new expiry.
 */
function add(
  work: RaWork,
  kind: RouteKind,
  dst: Prefix6,
  gateway: Addr6,
  metric: number,
  expiresNs: Instant | undefined,
): WorkRoute | undefined {
  const { link, pvd, profile, ra } = work;
  const isKernel = profile.reads === 'kernel';
  if (isKernel && work.addresses.some(({ addr }) => addr === gateway)) return undefined;
  const inTheWay = isKernel ? duplicateOf(work, dst, metric, gateway) : undefined;
  if (inTheWay !== undefined) {
    if (inTheWay.expiresNs === undefined) return undefined;
    const { dfltHasLifetime } = profile.quirks;
    const isTimed = kind === 'router' && expiresNs !== undefined;
    if (isTimed && dfltHasLifetime === undefined) leaveOpen(work, 'quirk-dflt-lifetime');
    const ends = isTimed && dfltHasLifetime === false;
    const foreign = existingRoute(inTheWay, kind, pvd);
    const until = ends ? ra.tsNs : expiresNs;
    work.routes.push({ ...foreign, kind: 'foreign', expiresNs: until, touched: true });
    return undefined;
  }
  const route: WorkRoute = {
    kind,
    dst,
    gateway,
    table: link.table,
    metric,
    preference: 'medium',
    expiresNs,
    pvd,
    nested: false,
    was: undefined,
    touched: true,
    gone: false,
  };
  work.routes.push(route);
  return route;
}
