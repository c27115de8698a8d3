/**
 * Source address selection: RFC 6724, section 5, as `ipv6_dev_get_saddr()` does it
 * (net/ipv6/addrconf.c). A profile names the rules and their order.
 */

import type { Addr6 } from '../net/addr6.ts';
import { prefixContains } from '../net/prefix6.ts';
import type { PvdId } from '../net/pvd-id.ts';
import {
  ADDR_ANY,
  ADDR_COMPATV4,
  ADDR_LOOPBACK,
  ADDR_MAPPED,
  ADDR_MULTICAST,
  addrType,
  SCOPE_LINKLOCAL,
  srcScope,
} from './addr-type.ts';
import { addrLabel } from './addrlabel.ts';
import {
  IFA_F_DEPRECATED,
  IFA_F_HOMEADDRESS,
  IFA_F_OPTIMISTIC,
  IFA_F_TEMPORARY,
  IFA_F_TENTATIVE,
  PREFER_SRC_COA,
  PREFER_SRC_PUBLIC,
  PREFER_SRC_TMP,
} from './constants.ts';
import type { Context } from './context.ts';
import type { Candidate, Device, ModelState } from './model-state.ts';
import { choose } from './oracle.ts';
import type { SaddrRule } from './profile.ts';
import { openQuirk } from './quirk.ts';
import { commonBits, DADDR, prefixEqual } from './words.ts';

/** `struct ipv6_saddr_dst`: the destination, once per selection. */
interface Destination {
  words: Uint32Array;
  scope: number;
  label: number;
  ifindex: number;
  prefs: number;
  isOrchid: boolean;
  nextHop: Addr6 | undefined;
  routePvd: PvdId | undefined;
  /** A binding counts. */
  isBound: boolean;
  /** Candidates looked at so far. */
  seen: number;
}

const dst: Destination = {
  words: new Uint32Array(8),
  scope: 0,
  label: 0,
  ifindex: 0,
  prefs: 0,
  isOrchid: false,
  nextHop: undefined,
  routePvd: undefined,
  isBound: false,
  seen: 0,
};

/**
 * Chooses a source for the flow's destination. `oif` 0 means that there is no outgoing
 * device. Undefined: no candidate (EADDRNOTAVAIL).
 */
export function devGetSaddr(
  ctx: Context,
  oif: number,
  prefs: number,
  nextHop: Addr6 | undefined,
  routePvd?: PvdId,
  isLocal = false,
): Candidate | undefined {
  const { state, flow } = ctx;
  const device = oif === 0 ? undefined : state.devices.get(oif);
  const type = addrType(flow.words, DADDR);
  dst.words = flow.words;
  dst.scope = srcScope(type);
  dst.ifindex = device?.ifindex ?? 0;
  dst.label = addrLabel(state.labels, flow.words, DADDR, dst.ifindex);
  dst.prefs = prefs;
  dst.isOrchid = isOrchid(flow.words, DADDR);
  dst.nextHop = nextHop;
  dst.routePvd = routePvd;
  dst.isBound = ctx.bindingIds !== undefined && !isLocal;
  dst.seen = 0;

  // Section 4: multicast and link-local destinations take sources of the link only.
  if (
    device !== undefined &&
    (type & ADDR_MULTICAST ||
      dst.scope <= SCOPE_LINKLOCAL ||
      (device.hasInet6 && device.useOifAddrsOnly))
  ) {
    return best(ctx, device, undefined);
  }
  const l3mdev = device?.l3mdev ?? 0;
  let found: Candidate | undefined;
  if (device !== undefined && l3mdev !== 0) {
    // ipv6_get_saddr_master(): the device, then its VRF, before the rest of the L3 domain.
    found = best(ctx, device, found);
    const master = state.devices.get(l3mdev);
    if (master !== undefined) found = best(ctx, master, found);
    if (found !== undefined && dst.seen === 1 && stopsAtFirst(ctx)) return found;
  }
  for (const other of state.devices.values()) {
    if (other.l3mdev === l3mdev) found = best(ctx, other, found);
  }
  return found;
}

/**
 * `scopedist >= 0` in `ipv6_dev_get_saddr()`: rule 2 sets it, and never to more than -1. But a
 * sole candidate has won by being the first, before rule 2 is asked, so the kernel reads what
 * was on its stack: zero with CONFIG_INIT_STACK_ALL_ZERO, anything without.
 */
function stopsAtFirst(ctx: Context): boolean {
  const stackInit = ctx.profile.quirks.stackInit ?? openQuirk(ctx, 'stackInit');
  return stackInit || choose(ctx.oracle, 2) === 0;
}

/** `__ipv6_dev_get_saddr()`: the best of a device's addresses and the best so far. */
function best(ctx: Context, device: Device, start: Candidate | undefined): Candidate | undefined {
  if (!device.hasInet6) return start;
  let hiscore = start;
  for (const candidate of device.addrs) {
    const excluded = exclusion(ctx, candidate);
    if (excluded !== undefined) {
      if (ctx.trace) trace(ctx, candidate, undefined, undefined, false, excluded);
      continue;
    }
    dst.seen++;
    if (hiscore === undefined) {
      if (ctx.trace) trace(ctx, candidate, undefined, undefined, true, undefined);
      hiscore = candidate;
      continue;
    }
    if (candidate === hiscore) continue;
    const rule = beats(ctx, hiscore, candidate);
    if (ctx.trace) {
      trace(ctx, candidate, rule.by, hiscore.address.addr, rule.won, undefined);
    }
    if (rule.won) hiscore = candidate;
  }
  return hiscore;
}

/** Why an address is no candidate (RFC 6724, section 4); undefined when it is one. */
function exclusion(ctx: Context, candidate: Candidate): string | undefined {
  if (candidate.flags & IFA_F_TENTATIVE && !(candidate.flags & IFA_F_OPTIMISTIC))
    return 'tentative';
  if (candidate.type === ADDR_ANY || candidate.type & ADDR_MULTICAST) return 'not unicast';
  if (ctx.profile.pvd === 'strict' && dst.isBound && !isInPvd(ctx, candidate)) return 'other PvD';
  return undefined;
}

/** `ipv6_saddr_in_pvd()`: of the route's PvD, or of one the flow is bound to while it has no route. */
function isInPvd(ctx: Context, { pvds }: Candidate): boolean {
  if (dst.routePvd !== undefined) return pvds.includes(dst.routePvd);
  return pvds.some((pvd) => ctx.bindingIds?.has(pvd));
}

interface Comparison {
  won: boolean;
  by: SaddrRule | 'order';
}

const comparison: Comparison = { won: false, by: 'order' };

/** Compares rule by rule; the first with different scores decides, and a full tie keeps the earlier. */
function beats(ctx: Context, hiscore: Candidate, candidate: Candidate): Comparison {
  const { saddrScores: rules } = ctx;
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i] as SaddrScore;
    const old = rule.score(ctx, hiscore);
    const mine = rule.score(ctx, candidate);
    if (old === mine) continue;
    comparison.won = mine > old;
    comparison.by = rule.name;
    return comparison;
  }
  comparison.won = ctx.profile.saddrTies === 'any' && choose(ctx.oracle, 2) === 1;
  comparison.by = 'order';
  return comparison;
}

/** Score of a candidate under one rule, for the destination at hand; higher is better. */
type Score = (ctx: Context, c: Candidate) => number;

/** `ipv6_get_saddr_eval()`, rule by rule. */
const SCORES: Readonly<Record<SaddrRule, Score>> = {
  // Rule 1: prefer same address.
  local: (_, c) => Number(prefixEqual(c.words, 0, dst.words, DADDR, 128)),
  // Rule 2: the smallest scope that suffices, else the largest.
  scope: (_, c) => (c.scope >= dst.scope ? -c.scope : c.scope - 128),
  preferred: (_, c) => Number(isPreferred(c)),
  // Rule 4: prefer home addresses (RFC 6275), or care-of ones when asked (RFC 5014).
  hoa: (ctx, c) =>
    Number(
      (ctx.profile.quirks.mip6 ?? openQuirk(ctx, 'mip6')) &&
        ((c.flags & IFA_F_HOMEADDRESS) !== 0) === ((dst.prefs & PREFER_SRC_COA) === 0),
    ),
  oif: (ctx, c) => Number(matchesOif(ctx, c)),
  'next-hop': (ctx, c) => Number(suitsRoute(ctx, c)),
  // Rule 6: prefer matching label.
  label: (_, c) => Number(c.label === dst.label),
  privacy: (_, c) => Number(((c.flags & IFA_F_TEMPORARY) !== 0) === wantsTemporary(c)),
  // "Rule 8-": ORCHIDs (RFC 4843) only talk to ORCHIDs.
  orchid: (_, c) => Number(isOrchid(c.words, 0) === dst.isOrchid),
  // Rule 8: longest matching prefix; the kernel counts no more bits than the prefix has.
  prefix: (ctx, c) => {
    const bits = commonBits(c.words, 0, dst.words, DADDR);
    return ctx.profile.saddrPrefixCap ? Math.min(bits, c.prefixLen) : bits;
  },
  // Rule 10 (RFC 4429, section 3.1): others before optimistic ones.
  'not-optimistic': (_, c) => Number((c.flags & IFA_F_OPTIMISTIC) === 0),
};

/** The rules of a profile, ready to run. */
export function saddrScores(rules: readonly SaddrRule[]): readonly SaddrScore[] {
  return rules.map((name) => ({ name, score: SCORES[name] }));
}

/** One rule and how it scores. */
export interface SaddrScore {
  readonly name: SaddrRule;
  readonly score: Score;
}

/** Rule 3: avoid deprecated addresses, and optimistic ones unless `use_optimistic` is set. */
function isPreferred(c: Candidate): boolean {
  // ipv6_saddr_preferred().
  if (c.type & (ADDR_MAPPED | ADDR_COMPATV4 | ADDR_LOOPBACK)) return true;
  const avoid = IFA_F_DEPRECATED | (c.device.useOptimistic ? 0 : IFA_F_OPTIMISTIC);
  return (c.flags & avoid) === 0;
}

/** Rule 5: prefer outgoing interface; the 2018 PvD patch prefers the flow's PvD here too. */
function matchesOif(ctx: Context, c: Candidate): boolean {
  if (ctx.profile.pvd === 'netpvd' && ctx.bindingIds !== undefined) {
    if (!c.pvds.some((pvd) => ctx.bindingIds?.has(pvd))) return false;
  }
  return dst.ifindex === 0 || dst.ifindex === c.device.ifindex;
}

/**
 * Rule 5.5. A kernel that knows PvDs compares those of address and route, which also tells
 * apart PvDs behind one link-local address (RFC 8801, section 3.2); else by the next hop.
 */
function suitsRoute(ctx: Context, c: Candidate): boolean {
  const isStrict = ctx.profile.pvd === 'strict';
  if (isStrict && dst.routePvd !== undefined) return c.pvds.includes(dst.routePvd);
  // Its kernel keeps PvDs, and the route is in none.
  if (isStrict && c.address.netPvds !== undefined) return false;
  if (!isAdvertisedByNextHop(ctx.state, c)) return false;
  return isStrict || (ctx.profile.quirks.nextHopRule ?? openQuirk(ctx, 'nextHopRule'));
}

/** Prefer addresses in a prefix advertised by the next hop. */
function isAdvertisedByNextHop(state: ModelState, c: Candidate): boolean {
  if (dst.nextHop === undefined) return false;
  for (const pvd of state.pvds.values()) {
    for (const p of pvd.prefixes) {
      if (p.router !== dst.nextHop || p.ifindex !== c.device.ifindex) continue;
      if (dst.ifindex === p.ifindex && prefixContains(p.prefix, c.address.addr)) return true;
    }
  }
  return false;
}

/** Rule 7: temporary or public addresses, as the socket or else the candidate's device wants. */
function wantsTemporary(c: Candidate): boolean {
  if (dst.prefs & (PREFER_SRC_TMP | PREFER_SRC_PUBLIC)) return (dst.prefs & PREFER_SRC_TMP) !== 0;
  return c.device.useTempaddr >= 2;
}

/** `ipv6_addr_orchid()`: 2001:10::/28. */
function isOrchid(words: Uint32Array, at: number): boolean {
  return (((words[at] ?? 0) ^ 0x2001_0010) & 0xffff_fff0) === 0;
}

function trace(
  ctx: Context,
  candidate: Candidate,
  rule: SaddrRule | 'order' | undefined,
  against: Addr6 | undefined,
  won: boolean,
  excluded: string | undefined,
): void {
  const { addr, ifindex } = candidate.address;
  ctx.trace?.push({ step: 'saddr', addr, ifindex, rule, against, won, excluded });
}
