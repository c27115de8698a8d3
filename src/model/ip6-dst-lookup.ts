/** The joined decision of a flow: `ip6_dst_lookup_tail()` (net/ipv6/ip6_output.c). */

import type { Addr6 } from '../net/addr6.ts';
import { ADDR_MAPPED, addrType } from './addr-type.ts';
import { EADDRNOTAVAIL, EAFNOSUPPORT, F_IFACE, IFA_F_OPTIMISTIC, NUD_VALID } from './constants.ts';
import type { Context } from './context.ts';
import { dstOif, nexthopGateway } from './ip6-pol-route.ts';
import { routeGetSaddr, routeOutput, type Source } from './ip6-route-output.ts';
import type { Candidate } from './model-state.ts';
import { NO_NEIGH, nudOf } from './neighbours.ts';
import { DADDR, isAny, SADDR, writeWords } from './words.ts';

/**
 * Route and source of a flow. An unbound flow is routed without a source, gets the
 * source that suits this route, and is routed again only when the first route was an
 * error ("let the SA-enabled version take over"). Leaves the route in `ctx.res` and the
 * source in `ctx.flow`; returns the source's candidate when selection chose one.
 */
export function dstLookup(ctx: Context, daddr: Addr6): Candidate | undefined {
  const { flow, res } = ctx;
  let flags = 0;
  let source: Source | undefined;
  if (isAny(flow.words, SADDR)) {
    routeOutput(ctx, 0);
    source = routeGetSaddr(ctx, ctx.sock?.srcprefs ?? 0);
    if (ctx.trace) {
      const error = source === undefined ? EADDRNOTAVAIL : 0;
      ctx.trace.push({ step: 'source', saddr: source?.addr ?? ('::' as Addr6), error });
    }
    if (source === undefined) {
      res.error = EADDRNOTAVAIL;
      res.entry = 0;
      return undefined;
    }
    flow.saddr = source.addr;
    if (source.candidate !== undefined) flow.words.set(source.candidate.words, SADDR);
    else writeWords(source.addr, flow.words, SADDR);
    if (flow.oif !== 0) flags |= F_IFACE;
    if (res.error !== 0) routeOutput(ctx, flags);
  } else {
    routeOutput(ctx, flags);
  }
  if (res.error !== 0) return source?.candidate;
  optimisticDetour(ctx, daddr);
  if (res.error === 0 && isMapped(flow.words, SADDR) && !mayTakeMapped(flow.words)) {
    res.error = EAFNOSUPPORT;
  }
  return source?.candidate;
}

/**
 * A neighbour that does not answer yet cannot be asked from an optimistic source
 * (RFC 4429, section 3.2): the packet goes to the default router instead.
 */
function optimisticDetour(ctx: Context, daddr: Addr6): void {
  const { flow, state } = ctx;
  if (!state.hasOptimistic) return;
  const oif = dstOif(ctx);
  const gateway = ctx.res.exception?.via ?? nexthopGateway(ctx);
  const nud = nudOf(state, oif, gateway === '::' ? daddr : gateway);
  if (nud === NO_NEIGH || nud & NUD_VALID) return;
  const owned = state.devices.get(oif)?.addrs.find((c) => c.address.addr === flow.saddr);
  if (owned === undefined || !(owned.flags & IFA_F_OPTIMISTIC)) return;
  if (ctx.trace) ctx.trace.push({ step: 'detour', why: 'optimistic source, silent neighbour' });
  const kept = Uint32Array.from(flow.words.subarray(DADDR, DADDR + 4));
  flow.words.fill(0, DADDR, DADDR + 4);
  routeOutput(ctx, 0);
  flow.words.set(kept, DADDR);
}

function isMapped(words: Uint32Array, at: number): boolean {
  return (addrType(words, at) & ADDR_MAPPED) !== 0;
}

function mayTakeMapped(words: Uint32Array): boolean {
  return isMapped(words, DADDR) || isAny(words, DADDR);
}
