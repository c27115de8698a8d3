/** The choice inside one node: `rt6_select()` and what it calls (net/ipv6/route.c). */

import {
  F_IFACE,
  F_IGNORE_LINKSTATE,
  F_REACHABLE,
  NUD_FAILED,
  NUD_VALID,
  RTF_ADDRCONF,
  RTF_ANYCAST,
  RTF_EXPIRES,
  RTF_LOCAL,
  RTF_NONEXTHOP,
  RTF_PREF_SHIFT,
  RTF_REJECT,
  RTN_BLACKHOLE,
  RTNH_F_DEAD,
  RTNH_F_LINKDOWN,
} from './constants.ts';
import type { Context } from './context.ts';
import { N_LEAF } from './fib6-node.ts';
import {
  E_BITS,
  E_FLAGS,
  E_METRIC,
  E_NEIGH,
  E_NEXT,
  E_NHID,
  E_OIF,
  ENTRY,
  RTN_MASK,
} from './fib6-trie.ts';
import { type RouteLoss, routeText } from './ladder.ts';
import type { ModelState, NexthopIndex } from './model-state.ts';
import { NO_NEIGH } from './neighbours.ts';
import { choose } from './oracle.ts';
import { pvdAllows } from './pvd-binding.ts';
import { openQuirk } from './quirk.ts';

/** `enum rt6_nud_state`. */
export const FAIL_HARD = -3;
export const FAIL_PROBE = -2;
export const FAIL_DO_RR = -1;

/** A timer of the kernel may be one jiffy late, and the stamps are rounded to one (100 Hz at worst). */
const JIFFY_NS = 10_000_000n;

/**
 * `rt6_score_route()`: 2 for the device, four times the preference of RFC 4191
 * (section 3.1 and 3.2: prefer reachable, then preferred routers), or a failure.
 */
export function scoreRoute(
  state: ModelState,
  routerPref: boolean,
  nhOif: number,
  neigh: number,
  flags: number,
  oif: number,
  strict: number,
): number {
  let m = oif === 0 || nhOif === oif ? 2 : 0;
  if (m === 0 && strict & F_IFACE) return FAIL_HARD;
  // IPV6_DECODE_PREF: low 1, medium 2, high 3.
  if (routerPref) m |= (((flags >>> RTF_PREF_SHIFT) & 3) ^ 2) << 2;
  if (strict & F_REACHABLE && !(flags & RTF_NONEXTHOP) && neigh !== 0) {
    const n = checkNeigh(state, routerPref, neigh);
    if (n < 0) return n;
  }
  return m;
}

/** `rt6_check_neigh()`: RFC 4861, section 6.3.6 asks for routers that are reachable or may be. */
function checkNeigh(state: ModelState, routerPref: boolean, neigh: number): number {
  const nud = state.nud[neigh] as number;
  if (nud === NO_NEIGH) return routerPref ? 1 : FAIL_DO_RR;
  if (nud & NUD_VALID) return 1;
  if (!routerPref) return FAIL_HARD;
  return nud & NUD_FAILED ? FAIL_PROBE : 1;
}

/** `fib6_check_expired()`. Within a jiffy of the end both answers are possible. */
function isExpired(ctx: Context, entry: number): boolean {
  const expires = ctx.state.fib.routes[entry / ENTRY]?.expiresNs;
  if (expires === undefined) return false;
  if (ctx.fromNs > expires + JIFFY_NS) return true;
  if (ctx.toNs < expires) return false;
  return choose(ctx.oracle, 2) === 1;
}

/** Whether the nexthop is out: `RTNH_F_DEAD`, or without carrier where that counts. */
function nexthopLoss(
  ctx: Context,
  nhFlags: number,
  nhOif: number,
  entryFlags: number,
  strict: number,
): RouteLoss | undefined {
  if (nhFlags & RTNH_F_DEAD) return 'dead';
  const device = ctx.state.devices.get(nhOif);
  if (device === undefined || !device.ignoreLinkdown || strict & F_IGNORE_LINKSTATE) {
    return undefined;
  }
  // fib6_nh_init() and rt6_ifdown(): every route but local and anycast ones loses its link.
  const isDown = !device.carrier && !(entryFlags & (RTF_LOCAL | RTF_ANYCAST));
  return isDown || nhFlags & RTNH_F_LINKDOWN ? 'linkdown' : undefined;
}

/** `rt6_is_dead()`, when the shares of multipath siblings were computed. */
export function isDead(ctx: Context, entry: number): boolean {
  const e = ctx.state.fib.entries;
  const nhFlags = ((e[entry + E_BITS] as number) >>> 8) & 0xff;
  const oif = e[entry + E_OIF] as number;
  const device = ctx.state.devices.get(oif);
  if (device?.sharesStale && !device.carrier && !(nhFlags & RTNH_F_DEAD)) {
    return choose(ctx.oracle, 2) === 1;
  }
  return nexthopLoss(ctx, nhFlags, oif, e[entry + E_FLAGS] as number, 0) !== undefined;
}

/** `rt6_qualify_for_ecmp()`. */
export function qualifiesForEcmp(ctx: Context, entry: number): boolean {
  const e = ctx.state.fib.entries;
  return (
    ((e[entry + E_FLAGS] as number) & RTF_ADDRCONF) === 0 &&
    e[entry + E_NHID] === 0 &&
    e[entry + E_NEIGH] !== 0
  );
}

/**
 * `rt6_select()` and `find_rr_leaf()`: the best entry of a node into `ctx.res`; false
 * for the null entry. The lowest metric first; only if nothing of it can be used all
 * the others together, by score alone. `rr_ptr` stays at the head as long as the
 * kernel has `CONFIG_IPV6_ROUTER_PREF`.
 */
export function select(ctx: Context, node: number, oif: number, strict: number): boolean {
  const { fib } = ctx.state;
  const leaf = fib.nodes[node + N_LEAF] as number;
  ctx.res.entry = 0;
  if (leaf === 0) return false;
  const metric = fib.entries[leaf + E_METRIC] as number;
  const head = hasRouterPref(ctx) ? leaf : roundRobinHead(ctx, leaf, metric);
  ctx.mpri = -1;
  const next = scan(ctx, head, 0, metric, oif, strict);
  const cont = head === leaf ? next : scan(ctx, leaf, head, metric, oif, strict) || next;
  if (ctx.res.entry === 0 && cont !== 0) scan(ctx, cont, 0, undefined, oif, strict);
  return ctx.res.entry !== 0;
}

/** Whether RFC 4191 preferences count. */
export function hasRouterPref(ctx: Context): boolean {
  return ctx.profile.quirks.routerPref ?? openQuirk(ctx, 'routerPref');
}

/** `fn->rr_ptr`: any entry of the lowest metric, as `rt6_select()` moves it on from lookup to lookup. */
function roundRobinHead(ctx: Context, leaf: number, metric: number): number {
  const e = ctx.state.fib.entries;
  const heads: number[] = [];
  for (let at = leaf; at !== 0 && e[at + E_METRIC] === metric; at = e[at + E_NEXT] as number) {
    heads.push(at);
  }
  return heads[choose(ctx.oracle, heads.length)] as number;
}

/**
 * `__find_rr_leaf()`: the first of the best scores wins, from `start` up to `end`. Returns the
 * first entry of another metric, or 0 when there was none.
 */
function scan(
  ctx: Context,
  start: number,
  end: number,
  metric: number | undefined,
  oif: number,
  strict: number,
): number {
  const { state, res } = ctx;
  const e = state.fib.entries;
  for (let at = start; at !== end && at !== 0; at = e[at + E_NEXT] as number) {
    if (metric !== undefined && e[at + E_METRIC] !== metric) return at;
    const flags = e[at + E_FLAGS] as number;
    if (ctx.binding !== undefined && !pvdAllows(ctx, at)) {
      if (ctx.trace) traceEntry(ctx, at, 0, 'other-pvd');
      continue;
    }
    if (flags & RTF_EXPIRES && isExpired(ctx, at)) {
      if (ctx.trace) traceEntry(ctx, at, 0, 'expired');
      continue;
    }
    if (e[at + E_NHID] !== 0) {
      const nh = state.nexthops.get(e[at + E_NHID] as number);
      if (nh === undefined) continue;
      if (isBlackholeNexthop(nh)) {
        // Ends the pass even if an earlier entry had matched.
        setResult(ctx, at, nh.isGroup ? nh.members[0] : nh, RTF_REJECT, RTN_BLACKHOLE);
        if (ctx.trace) traceEntry(ctx, at, ctx.mpri, undefined);
        return 0;
      }
      ctx.mpri = scanNexthop(ctx, at, nh, ctx.mpri, oif, strict);
      continue;
    }
    const bits = e[at + E_BITS] as number;
    const score = findMatch(
      ctx,
      (bits >>> 8) & 0xff,
      e[at + E_OIF] as number,
      e[at + E_NEIGH] as number,
      flags,
      oif,
      strict,
    );
    const won = score > ctx.mpri;
    if (ctx.trace) traceEntry(ctx, at, score, won ? undefined : lossOf(ctx, at, score, strict));
    if (!won) continue;
    ctx.mpri = score;
    res.entry = at;
    res.nh = undefined;
    res.flags = flags;
    res.type = bits & RTN_MASK;
  }
  return 0;
}

function setResult(
  ctx: Context,
  entry: number,
  nh: NexthopIndex | undefined,
  flags: number,
  type: number,
): void {
  const { res } = ctx;
  res.entry = entry;
  res.nh = nh;
  res.flags = flags;
  res.type = type;
}

/** `nexthop_is_blackhole()`: also a group of which that is the only member. */
export function isBlackholeNexthop(nh: NexthopIndex): boolean {
  if (!nh.isGroup) return nh.isBlackhole;
  return nh.members.length === 1 && nh.members[0]?.isBlackhole === true;
}

/** `nexthop_for_each_fib6_nh(…, rt6_nh_find_match)`: the score reached, or `best`. */
function scanNexthop(
  ctx: Context,
  entry: number,
  nh: NexthopIndex,
  best: number,
  oif: number,
  strict: number,
): number {
  const flags = ctx.state.fib.entries[entry + E_FLAGS] as number;
  const type = (ctx.state.fib.entries[entry + E_BITS] as number) & RTN_MASK;
  let top = best;
  for (const member of nh.isGroup ? nh.members : [nh]) {
    const score = findMatch(ctx, member.nhFlags, member.oif, member.neigh, flags, oif, strict);
    const won = score > top;
    if (ctx.trace) traceEntry(ctx, entry, score, won ? undefined : 'lower-score');
    if (!won) continue;
    top = score;
    setResult(ctx, entry, member, flags, type);
    if (!(ctx.profile.quirks.nhgrpScanAll ?? openQuirk(ctx, 'nhgrpScanAll'))) break;
  }
  return top;
}

/** `find_match()`: the score of a nexthop, {@link FAIL_HARD} when it cannot be used. */
function findMatch(
  ctx: Context,
  nhFlags: number,
  nhOif: number,
  neigh: number,
  flags: number,
  oif: number,
  strict: number,
): number {
  if (nexthopLoss(ctx, nhFlags, nhOif, flags, strict) !== undefined) return FAIL_HARD;
  const routerPref = hasRouterPref(ctx);
  const score = scoreRoute(ctx.state, routerPref, nhOif, neigh, flags, oif, strict);
  return score === FAIL_DO_RR ? 0 : score;
}

function traceEntry(ctx: Context, at: number, score: number, loss: RouteLoss | undefined): void {
  const route = ctx.state.fib.routes[at / ENTRY];
  const metric = route?.metric ?? 0;
  const { id } = route ?? {};
  ctx.trace?.push({ step: 'entry', id, route: routeText(route), metric, score, loss });
}

/** Why `findMatch` refused; asked only for an explanation. */
function lossOf(ctx: Context, at: number, score: number, strict: number): RouteLoss {
  if (score === FAIL_PROBE) return 'unreachable';
  if (score !== FAIL_HARD) return 'lower-score';
  const e = ctx.state.fib.entries;
  const nhFlags = ((e[at + E_BITS] as number) >>> 8) & 0xff;
  const flags = e[at + E_FLAGS] as number;
  return nexthopLoss(ctx, nhFlags, e[at + E_OIF] as number, flags, strict) ?? 'other-device';
}
