/**
 * What a host makes of one Router Advertisement, from the state before it.
 *
 * The kernel's order is kept: `ndisc_rcv()`, `ndisc_router_discovery()` (header, RIOs, PIOs, MTU),
 * `rt6_route_rcv()`, `addrconf_prefix_rcv()`. Where it jumps, so does this: a default router that
 * cannot be added ends the RA, and `accept_ra_defrtr` 0 leaves the hop limit alone, too.
 */

import { prefix6From } from '../net/prefix6.ts';
import { optionKey } from '../state/attribution.ts';
import { routesClaiming } from '../state/ra-claimants.ts';
import { type RaContent, raContent } from '../state/ra-content.ts';
import type { Snapshot } from '../state/snapshot.ts';
import { learnAutonomous } from './ra-effect-address.ts';
import { isUsablePrefix, learnDfltRouter, learnOnLink, learnRouteInfo } from './ra-effect-route.ts';
import { acceptsRa, isOwnAddress, type MoreSettings, type RaInput, raLink } from './ra-input.ts';
import { type RaOffer, readAsKernel, readAsRfc } from './ra-offer.ts';
import { NO_PARAMS, type RaPrediction, type RouteKind } from './ra-prediction.ts';
import type { RaProfile } from './ra-profile.ts';
import {
  existingRoute,
  leaveOpen,
  newWork,
  type RaWork,
  touchedAddresses,
  touchedRoutes,
  untouchedAddresses,
  type WorkRoute,
} from './ra-work.ts';

const ETHERNET_SLLA_BYTES = 8;
const ARPHRD_ETHER = 1;
/** RFC 8200, section 5. */
const IPV6_MIN_MTU = 1280;
/** `accept_ra_min_hop_limit` from here on: never. */
const HOP_LIMIT_NEVER = 256;

/**
 * Predicts the effects of an RA on the state that `snapshot` is now. Never throws, whatever the
 * message holds; takes time by what the RA says, and the addresses there are.
 */
export function predictRa(
  snapshot: Snapshot,
  ra: RaInput,
  profile: RaProfile,
  more: MoreSettings = {},
): RaPrediction {
  const offer = profile.reads === 'rfc' ? readAsRfc(ra) : readAsKernel(ra);
  const content = raContent(ra);
  const pvd = content?.pvd.id;
  const nothing: RaPrediction = {
    tsNs: ra.tsNs,
    accepted: false,
    reason: undefined,
    ended: undefined,
    pvd,
    addresses: [],
    others: [],
    routes: [],
    params: NO_PARAMS,
    had: undefined,
    undecided: undefined,
  };
  if (offer === 'cut') return { ...nothing, undecided: 'cut' };
  if (typeof offer === 'string') return { ...nothing, reason: offer };
  const link = raLink(snapshot, ra.ifindex, more);
  if (link === undefined) return { ...nothing, undecided: 'unknown-interface' };
  const had = { hopLimit: link.conf.hopLimit, mtu6: link.conf.mtu6 };
  if (pvd === undefined) return { ...nothing, undecided: 'no-pvd' };
  if (!acceptsRa(link.conf)) return { ...nothing, had, reason: 'accept-ra' };
  const routes = routesOf(snapshot, ra, offer, content);
  const work = newWork({ snapshot, ra, offer, link, profile, pvd }, routes);
  if (link.table === undefined) leaveOpen(work, 'vrf-table');
  discover(work);
  return {
    ...nothing,
    accepted: true,
    ended: work.ended,
    addresses: touchedAddresses(work),
    others: untouchedAddresses(work),
    routes: touchedRoutes(work),
    params: work.params,
    had,
    undecided: work.undecided,
  };
}

/** Routes of RAs that this one can be about. */
function routesOf(
  snapshot: Snapshot,
  { ifindex, saddr }: RaInput,
  offer: RaOffer,
  content: RaContent | undefined,
): WorkRoute[] {
  const pvd = content?.pvd.id;
  if (pvd === undefined) return [];
  const find = (kind: RouteKind, keys: Iterable<string>): WorkRoute[] =>
    routesClaiming(snapshot, [...new Set(keys)]).map((route) => existingRoute(route, kind, pvd));
  const rios = offer.routes
    .filter(({ len }) => len > 0 && len <= 128)
    .map(({ addr, len }) => optionKey.rio(ifindex, saddr, prefix6From(addr, len)));
  const prefixes = offer.prefixes
    .filter(({ len }) => len <= 128)
    .map(({ addr, len }) => optionKey.onLink(ifindex, prefix6From(addr, len)));
  return [
    ...find('router', [optionKey.router(ifindex, saddr)]),
    ...find('rio', rios),
    ...find('on-link', prefixes),
  ];
}

/** `ndisc_router_discovery()` of an RA that is accepted. */
function discover(work: RaWork): void {
  const { offer, link, params } = work;
  const { conf } = link;
  params.managed = offer.header.managed;
  params.other = offer.header.other;
  const isOwn =
    conf.acceptRaFromLocal === 0 && isOwnAddress(work.snapshot, link.ifindex, work.ra.saddr);
  if (!discoverRouter(work, isOwn)) {
    work.ended = 'dflt-refused';
    return;
  }
  learnTimers(work);
  if (isBadSlla(work)) {
    work.ended = 'lladdr-length';
    return;
  }
  if (!isOwn && conf.acceptRaRtrPref !== 0) {
    for (const rio of offer.routes) learnRouteInfo(work, rio);
  }
  if (conf.acceptRaPinfo !== 0) {
    for (const pio of offer.prefixes) {
      if (!isUsablePrefix(work, pio)) continue;
      learnOnLink(work, pio);
      learnAutonomous(work, pio);
    }
  }
  if (offer.mtu !== undefined && conf.acceptRaMtu !== 0) {
    const { bytes } = offer.mtu;
    if (bytes >= IPV6_MIN_MTU && bytes <= link.mtu) params.mtu6 = bytes;
  }
}

/** Up to the label skip_defrtr. False when the RA ends there. */
function discoverRouter(work: RaWork, isOwn: boolean): boolean {
  const { header } = work.offer;
  const { conf } = work.link;
  const isTooShort = header.lifetimeSec !== 0 && header.lifetimeSec < conf.acceptRaMinLft;
  const isSkipped = conf.acceptRaDefrtr === 0 || isTooShort || isOwn;
  if (!isSkipped && !learnDfltRouter(work)) return false;
  // RFC 4861, section 6.3.4 knows no connection between the two.
  if (isSkipped && work.profile.reads === 'kernel') return true;
  const { hopLimit } = header;
  const least = conf.acceptRaMinHopLimit;
  if (least < HOP_LIMIT_NEVER && hopLimit !== 0 && least <= hopLimit) {
    work.params.hopLimit = hopLimit;
  }
  return true;
}

/** Retrans Timer at least 10 ms, Reachable Time at least 100 ms. */
function learnTimers({ offer, params }: RaWork): void {
  const { retransMs, reachableMs } = offer.header;
  if (retransMs !== 0) params.retransMs = Math.max(retransMs, 10);
  if (reachableMs !== 0) params.reachableMs = Math.max(reachableMs, 100);
}

/** `ndisc_opt_addr_data()`: a length that does not fit the link ends the RA. */
function isBadSlla({ offer, link }: RaWork): boolean {
  if (offer.sllaBytes === undefined || link.type !== ARPHRD_ETHER) return false;
  return offer.sllaBytes !== ETHERNET_SLLA_BYTES;
}
