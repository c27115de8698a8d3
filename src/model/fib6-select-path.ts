/** Multipath: `fib6_select_path()` (net/ipv6/route.c) and `nexthop_select_path()` (net/ipv4/nexthop.c). */

import { NUD_VALID, RTF_REJECT, RTN_BLACKHOLE } from './constants.ts';
import type { Context } from './context.ts';
import { N_LEAF } from './fib6-node.ts';
import { hasRouterPref, isDead, qualifiesForEcmp, scoreRoute } from './fib6-select.ts';
import { E_BITS, E_FLAGS, E_METRIC, E_NEIGH, E_NEXT, E_NHID, E_OIF, ENTRY } from './fib6-trie.ts';
import { routeText } from './ladder.ts';
import type { NexthopIndex } from './model-state.ts';
import { NO_NEIGH } from './neighbours.ts';
import { choose, type Oracle } from './oracle.ts';
import { pvdAllows } from './pvd-binding.ts';
import { multipathHash } from './rt6-multipath-hash.ts';

/** Replaces the entry or member found by the one the flow's hash points to. */
export function selectPath(
  ctx: Context,
  node: number,
  oif: number,
  haveOif: boolean,
  strict: number,
): void {
  const { res, state } = ctx;
  const nhId = state.fib.entries[res.entry + E_NHID] as number;
  if (nhId !== 0) {
    if (haveOif && res.nh !== undefined) return;
    const nh = state.nexthops.get(nhId);
    if (nh !== undefined) selectNexthop(ctx, nh);
    return;
  }
  if (haveOif || !qualifiesForEcmp(ctx, res.entry)) return;
  const first = firstSibling(ctx, node, res.entry);
  if (first === 0 || nextSibling(ctx, first) === 0) return;
  selectSibling(ctx, first, oif, strict);
}

/** `rt6_multipath_first_sibling()`: siblings are the entries of one node and metric that qualify. */
function firstSibling(ctx: Context, node: number, entry: number): number {
  const { entries: e, nodes } = ctx.state.fib;
  const metric = e[entry + E_METRIC];
  for (let at = nodes[node + N_LEAF] as number; at !== 0; at = e[at + E_NEXT] as number) {
    if (e[at + E_METRIC] === metric && qualifiesForEcmp(ctx, at)) return at;
  }
  return 0;
}

function nextSibling(ctx: Context, entry: number): number {
  const { entries: e } = ctx.state.fib;
  const metric = e[entry + E_METRIC];
  for (let at = e[entry + E_NEXT] as number; at !== 0; at = e[at + E_NEXT] as number) {
    if (e[at + E_METRIC] !== metric) return 0;
    if (qualifiesForEcmp(ctx, at)) return at;
  }
  return 0;
}

/** Siblings with a share, while they are looked at. */
const alive: number[] = [];

/** The sibling whose share covers the hash; when its score fails, `rt6_select()`'s entry stays. */
function selectSibling(ctx: Context, first: number, oif: number, strict: number): void {
  const { res } = ctx;
  let total = 0;
  alive.length = 0;
  for (let at = first; at !== 0; at = nextSibling(ctx, at)) {
    // rt6_upper_bound_set(): -1 for a dead sibling, which no hash is below.
    if (isDead(ctx, at)) continue;
    alive.push(at);
    total += weightOf(ctx, at);
  }
  const hash = flowHash(ctx);
  let weight = 0;
  for (const at of alive) {
    weight += weightOf(ctx, at);
    if (hash > upperBound(ctx.oracle, weight, total)) continue;
    const e = ctx.state.fib.entries;
    const score = scoreRoute(
      ctx.state,
      hasRouterPref(ctx),
      e[at + E_OIF] as number,
      e[at + E_NEIGH] as number,
      e[at + E_FLAGS] as number,
      oif,
      strict,
    );
    const usable = score >= 0 && siblingAllowed(ctx, at);
    if (usable) res.entry = at;
    if (ctx.trace) traceChoice(ctx, first, usable ? 'share of the hash' : 'its share is down');
    return;
  }
}

/** `rt6_multipath_select()` of the 2018 patch compares no PvDs; a strict kernel keeps to the binding. */
function siblingAllowed(ctx: Context, entry: number): boolean {
  return ctx.binding === undefined || ctx.profile.pvd === 'netpvd' || pvdAllows(ctx, entry);
}

function weightOf(ctx: Context, entry: number): number {
  return (ctx.state.fib.entries[entry + E_BITS] as number) >>> 16 || 1;
}

/** `fl6->mp_hash`: computed once a flow, then kept; 0 stands for "not yet". */
function flowHash(ctx: Context): number {
  const { flow, oracle } = ctx;
  if (flow.mpHash === 0) {
    const hash = multipathHash(ctx);
    oracle.isExact = hash !== undefined;
    flow.mpHash = hash ?? oracle.hash;
  }
  return flow.mpHash;
}

/** `DIV_ROUND_CLOSEST_ULL(weight << 31, total) - 1`, noted as a place where the answer may change. */
function upperBound(oracle: Oracle, weight: number, total: number): number {
  const bound = Math.floor((weight * 2 ** 31 + Math.floor(total / 2)) / total) - 1;
  if (!oracle.isExact) oracle.bounds.add(bound);
  return bound;
}

/** `nexthop_path_fib6_result()`. */
function selectNexthop(ctx: Context, nh: NexthopIndex): void {
  const { res } = ctx;
  const path = nh.isGroup ? selectMember(ctx, nh) : nh;
  if (path === undefined) return;
  res.nh = path;
  if (path.isBlackhole) {
    res.flags |= RTF_REJECT;
    res.type = RTN_BLACKHOLE;
  }
}

function selectMember(ctx: Context, group: NexthopIndex): NexthopIndex | undefined {
  const { members, weights } = group;
  if (group.isResilient) {
    // nexthop_select_path_res(): buckets migrate, so any member may hold the hash's bucket.
    return members[choose(ctx.oracle, members.length)];
  }
  const hash = flowHash(ctx);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  let firstGood: NexthopIndex | undefined;
  for (const [i, member] of members.entries()) {
    sum += weights[i] ?? 0;
    // nexthop_is_good_nh(): INCOMPLETE is bad here, no neighbour entry is good.
    const nud = ctx.state.nud[member.neigh] ?? NO_NEIGH;
    if (nud !== NO_NEIGH && !(nud & NUD_VALID)) continue;
    firstGood ??= member;
    if (hash <= upperBound(ctx.oracle, sum, total)) return member;
  }
  return firstGood ?? members[0];
}

function traceChoice(ctx: Context, first: number, why: string): void {
  let of = 0;
  for (let at = first; at !== 0; at = nextSibling(ctx, at)) of++;
  const chosen = routeText(ctx.state.fib.routes[ctx.res.entry / ENTRY]);
  ctx.trace?.push({ step: 'multipath', hash: ctx.flow.mpHash, of, chosen, why });
}
