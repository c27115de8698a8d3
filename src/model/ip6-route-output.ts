/** Entry points of a lookup: `ip6_route_output_flags()`, `ip6_route_input_lookup()`, `ip6_route_get_saddr()`. */

import { type Addr6, ANY6 } from '../net/addr6.ts';
import { ADDR_LINKLOCAL, ADDR_MULTICAST, addrType, needStrict } from './addr-type.ts';
import {
  ENETUNREACH,
  F_HAS_SADDR,
  F_IFACE,
  F_SRCPREF_SHIFT,
  LOOPBACK_IFINDEX,
  RTF_LOCAL,
} from './constants.ts';
import type { Context } from './context.ts';
import { ruleLookup } from './fib6-rules.ts';
import { E_BITS, E_FLAGS, E_NHID, E_OIF, E_PVD, ENTRY, HAS_PREFSRC } from './fib6-trie.ts';
import { nexthopGateway, polRoute } from './ip6-pol-route.ts';
import type { Candidate } from './model-state.ts';
import { devGetSaddr } from './rfc6724-saddr.ts';
import { DADDR, isAny, SADDR } from './words.ts';

/** `ip6_route_output_flags_noref()`: routes a flow that starts here; the answer is in `ctx.res`. */
export function routeOutput(ctx: Context, extraFlags: number): void {
  const { flow, sock } = ctx;
  const type = addrType(flow.words, DADDR);
  if (type & (ADDR_MULTICAST | ADDR_LINKLOCAL) && linkScopeLookup(ctx)) return;
  flow.iif = LOOPBACK_IFINDEX;
  const anySrc = isAny(flow.words, SADDR);
  let flags = extraFlags;
  if (
    (sock !== undefined && sock.boundDevIf !== 0) ||
    needStrict(type) ||
    (flow.oif !== 0 && anySrc)
  ) {
    flags |= F_IFACE;
  }
  if (!anySrc) flags |= F_HAS_SADDR;
  else if (sock !== undefined) flags |= (sock.srcprefs & 7) << F_SRCPREF_SHIFT;
  if (ctx.trace) {
    const strict = (flags & F_IFACE) !== 0;
    ctx.trace.push({ step: 'lookup', saddr: flow.saddr, oif: flow.oif, strict });
  }
  ruleLookup(ctx, flags, false);
}

/** `ip6_route_input_lookup()`: routes a packet that came in through `flow.iif`. */
export function routeInput(ctx: Context, extraFlags: number): void {
  const { flow } = ctx;
  const type = addrType(flow.words, DADDR);
  let flags = extraFlags;
  if (needStrict(type)) flags |= F_IFACE;
  if (!isAny(flow.words, SADDR)) flags |= F_HAS_SADDR;
  if (ctx.trace) {
    const strict = (flags & F_IFACE) !== 0;
    ctx.trace.push({ step: 'lookup', saddr: flow.saddr, oif: flow.iif, strict });
  }
  ruleLookup(ctx, flags, true);
}

/**
 * `l3mdev_link_scope_lookup()`, `vrf_link_scope_lookup()`: link-local and multicast
 * destinations of a VRF are looked up in its table, without rules. False: no VRF.
 */
function linkScopeLookup(ctx: Context): boolean {
  const { flow, state, res } = ctx;
  const device = flow.oif === 0 ? undefined : state.devices.get(flow.oif);
  const master = device === undefined ? undefined : state.devices.get(device.l3mdev);
  if (device === undefined || master === undefined) return false;
  // "VRF device does not have a link-local address": the null entry.
  const flags = F_IFACE | (isAny(flow.words, SADDR) ? 0 : F_HAS_SADDR);
  if (device === master || !polRoute(ctx, master.l3Table, flow.oif, flags)) {
    res.entry = 0;
    res.nh = undefined;
    res.error = ENETUNREACH;
  }
  return true;
}

/** A source: an address of this host as candidate, or the route's own `src`. */
export interface Source {
  readonly addr: Addr6;
  readonly candidate: Candidate | undefined;
}

/**
 * `ip6_route_get_saddr()`: the source for the route in `ctx.res`, or without a route when
 * it has an error. Undefined: EADDRNOTAVAIL.
 */
export function routeGetSaddr(ctx: Context, prefs: number): Source | undefined {
  const { state, flow, res } = ctx;
  const from = res.error === 0 ? res.from : 0;
  const e = state.fib.entries;
  const oif = from === 0 ? 0 : deviceOf(ctx, from);
  const vrf = state.devices.get(flow.l3mdev);
  const sameVrf = vrf === undefined || state.devices.get(oif)?.l3mdev === vrf.ifindex;
  if (from !== 0 && (e[from + E_BITS] as number) & HAS_PREFSRC && sameVrf) {
    // Taken as it is: whether it is still usable was checked when the route was added.
    const saddr = state.fib.routes[from / ENTRY]?.prefsrc ?? ANY6;
    if (ctx.trace) ctx.trace.push({ step: 'prefsrc', saddr });
    return { addr: saddr, candidate: undefined };
  }
  const nextHop = from === 0 ? undefined : nexthopGateway(ctx);
  const device = sameVrf ? oif : flow.l3mdev;
  const pvd = from === 0 ? undefined : state.pvdIds[e[from + E_PVD] as number];
  // ipv6_route_dev_get_saddr(): what is on this host, no route is needed for.
  const isLocal = ((e[from + E_FLAGS] as number) & RTF_LOCAL) !== 0;
  const candidate = devGetSaddr(ctx, device, prefs, nextHop, pvd, isLocal);
  return candidate && { addr: candidate.address.addr, candidate };
}

/** `fib6_info_nh_dev()`: for a group the device of its first member, whichever multipath took. */
function deviceOf(ctx: Context, entry: number): number {
  const e = ctx.state.fib.entries;
  const nhId = e[entry + E_NHID] as number;
  if (nhId === 0) return e[entry + E_OIF] as number;
  const nh = ctx.state.nexthops.get(nhId);
  return (nh?.isGroup ? nh.members[0]?.oif : nh?.oif) ?? 0;
}
