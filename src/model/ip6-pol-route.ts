/** One table, to the dst: `ip6_pol_route()` (net/ipv6/route.c). */

import type { Addr6 } from '../net/addr6.ts';
import type { Route } from '../state/snapshot.ts';
import {
  F_IFACE,
  F_IGNORE_LINKSTATE,
  F_REACHABLE,
  LOOPBACK_IFINDEX,
  RTF_ANYCAST,
  RTF_LOCAL,
  RTF_REJECT,
  typeToError,
} from './constants.ts';
import type { Context } from './context.ts';
import { selectPath } from './fib6-select-path.ts';
import { lastNode, tableLookup } from './fib6-table-lookup.ts';
import { E_NEIGH, E_OIF, ENTRY } from './fib6-trie.ts';
import { routeText } from './ladder.ts';
import { shownBy } from './nexthop-entries.ts';
import { choose } from './oracle.ts';
import { openQuirk } from './quirk.ts';

/**
 * Looks a flow up in one table. False for the null entry, else `ctx.res` holds the
 * entry, nexthop and error. `oif` is the flow's oif on output, its iif on input.
 */
export function polRoute(ctx: Context, table: number, oif: number, flags: number): boolean {
  const { state, flow, res } = ctx;
  res.entry = 0;
  res.nh = undefined;
  res.exception = undefined;
  const root = state.fib.tables.get(table);
  if (root === undefined) return false;
  let strict = flags & (F_IFACE | F_IGNORE_LINKSTATE);
  if (state.isHost) strict |= F_REACHABLE;
  if (ctx.trace) ctx.trace.push({ step: 'table', table });
  if (!tableLookup(ctx, root, oif, strict)) return false;

  const haveOif =
    flow.iif === LOOPBACK_IFINDEX &&
    oif === nexthopOif(ctx) &&
    (ctx.profile.quirks.oifMatchShortcut ?? openQuirk(ctx, 'oifMatchShortcut'));
  selectPath(ctx, lastNode(ctx), oif, haveOif, strict);

  const { exceptions } = ctx;
  if (exceptions !== undefined) {
    const gateway = nexthopGateway(ctx);
    const nhOif = nexthopOif(ctx);
    res.exception = exceptions.find((e) => e.oif === nhOif && e.gateway === gateway);
  }
  res.table = table;
  res.from = pcpuFrom(ctx);
  // ip6_rt_init_dst(): only RTF_REJECT makes an error of the type.
  res.error = res.flags & RTF_REJECT ? typeToError(res.type) : 0;
  if (ctx.trace) {
    ctx.trace.push({ step: 'route', route: routeText(routeOf(ctx)), error: res.error });
  }
  return true;
}

/**
 * `rt6_get_pcpu_route()`: a nexthop object has one dst a CPU for all routes that lead to it, made
 * for whichever was asked for first. What is read from the dst's route may be that one's; of
 * routes from which the same is read one stands for all.
 */
function pcpuFrom(ctx: Context): number {
  const { nh, entry } = ctx.res;
  if (nh === undefined) return entry;
  const own = shownBy(routeOf(ctx));
  const others: number[] = [];
  for (const id of nh.usedBy) {
    for (const [shown, entries] of ctx.state.nexthopEntries.get(id) ?? []) {
      const [first] = entries;
      if (shown !== own && first !== undefined) others.push(first);
    }
  }
  if (others.length === 0) return entry;
  return [entry, ...others][choose(ctx.oracle, others.length + 1)] as number;
}

/** The route in `ctx.res`. */
export function routeOf(ctx: Context): Route | undefined {
  return ctx.state.fib.routes[ctx.res.entry / ENTRY];
}

/** Device of the nexthop in `ctx.res`. */
export function nexthopOif(ctx: Context): number {
  return ctx.res.nh ? ctx.res.nh.oif : (ctx.state.fib.entries[ctx.res.entry + E_OIF] as number);
}

/** Gateway of the nexthop in `ctx.res`; `::` for none. */
export function nexthopGateway(ctx: Context): Addr6 {
  const { fib, gateways } = ctx.state;
  if (ctx.res.nh) return ctx.res.nh.gateway;
  return gateways[fib.entries[ctx.res.entry + E_NEIGH] as number] as Addr6;
}

/**
 * `ip6_rt_get_dev_rcu()`: the device of the dst. Local and anycast destinations are on
 * the VRF, or on `lo`; the nexthop's device otherwise.
 */
export function dstOif(ctx: Context): number {
  const nhOif = nexthopOif(ctx);
  if (!(ctx.res.flags & (RTF_LOCAL | RTF_ANYCAST))) return nhOif;
  const device = ctx.state.devices.get(nhOif);
  if (device === undefined || device.l3mdev === 0) return LOOPBACK_IFINDEX;
  if (device.isL3Master) return nhOif;
  const dst = routeOf(ctx)?.dst ?? '::';
  // A slave's link-local addresses stay on lo: rt6_need_strict().
  return /^fe[89ab].:/.test(dst) ? LOOPBACK_IFINDEX : device.l3mdev;
}
