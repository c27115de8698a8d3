/** Policy rules: `fib_rules_lookup()` (net/core/fib_rules.c) and `net/ipv6/fib6_rules.c`. */

import {
  EACCES,
  EAGAIN,
  EINVAL,
  ENETUNREACH,
  F_HAS_SADDR,
  F_SRCPREF_SHIFT,
  FIB_RULE_FIND_SADDR,
  FIB_RULE_INVERT,
  FR_ACT_GOTO,
  FR_ACT_NOP,
  FR_ACT_PROHIBIT,
  FR_ACT_TO_TBL,
  FR_ACT_UNREACHABLE,
  LOOPBACK_IFINDEX,
  RT6_TABLE_LOCAL,
  RT6_TABLE_MAIN,
} from './constants.ts';
import type { Context } from './context.ts';
import { ENTRY } from './fib6-trie.ts';
import { nexthopOif, polRoute } from './ip6-pol-route.ts';
import type { RuleIndex } from './model-state.ts';
import { openQuirk } from './quirk.ts';
import { devGetSaddr } from './rfc6724-saddr.ts';
import { DADDR, prefixEqual, SADDR, writeWords } from './words.ts';

/** Gotos followed in one walk; the kernel only allows forward ones, so this is never reached. */
const GOTO_MAX = 1024;

/**
 * `fib6_rule_lookup()`: walks the rules. Leaves entry, nexthop and error in `ctx.res`;
 * a flow no rule answers ends with ENETUNREACH (`ip6_null_entry`).
 */
export function ruleLookup(ctx: Context, flags: number, input: boolean): void {
  const { state, res } = ctx;
  if (state.rules.length === 0) {
    // No rule was ever added: `fib6_has_custom_rules` is false.
    if (lookupTable(ctx, RT6_TABLE_LOCAL, flags, input) && res.error !== EAGAIN) return;
    if (lookupTable(ctx, RT6_TABLE_MAIN, flags, input) && res.error !== EAGAIN) return;
    noRoute(ctx);
    return;
  }
  updateL3mdev(ctx);
  let gotos = 0;
  for (let i = 0; i < state.rules.length; ) {
    const index = state.rules[i] as RuleIndex;
    const { rule } = index;
    i++;
    const why = mismatch(ctx, index, flags);
    const matched = (why === '') !== ((rule.frFlags & FIB_RULE_INVERT) !== 0);
    if (!matched) {
      if (ctx.trace) traceRule(ctx, index, false, why || 'inverted');
      continue;
    }
    if (rule.action === FR_ACT_GOTO) {
      if (ctx.trace) traceRule(ctx, index, true, `goto ${rule.gotoTarget}`);
      // A missing target is passed over. The target is the first rule of that preference.
      const target = state.rules.findIndex((other) => other.rule.pref === rule.gotoTarget);
      if (target >= 0 && gotos++ < GOTO_MAX) i = target;
      continue;
    }
    if (rule.action === FR_ACT_NOP) continue;
    if (ctx.trace) traceRule(ctx, index, true, '');
    if (ruleAction(ctx, index, flags, input)) return;
  }
  noRoute(ctx);
}

function noRoute(ctx: Context): void {
  const { res } = ctx;
  res.entry = 0;
  res.nh = undefined;
  res.exception = undefined;
  res.from = 0;
  res.error = ENETUNREACH;
}

function lookupTable(ctx: Context, table: number, flags: number, input: boolean): boolean {
  return polRoute(ctx, table, input ? ctx.flow.iif : ctx.flow.oif, flags);
}

/** `__fib6_rule_action()` and `fib6_rule_suppress()`: true when the walk ends here. */
function ruleAction(ctx: Context, index: RuleIndex, flags: number, input: boolean): boolean {
  const { rule } = index;
  const { res } = ctx;
  if (rule.action !== FR_ACT_TO_TBL) {
    noRoute(ctx);
    if (rule.action === FR_ACT_PROHIBIT) res.error = EACCES;
    else if (rule.action !== FR_ACT_UNREACHABLE) res.error = EINVAL;
    return true;
  }
  // fib_rule_get_table(): an l3mdev rule leads to the table of the flow's VRF.
  const table = rule.l3mdev ? (ctx.state.devices.get(ctx.flow.l3mdev)?.l3Table ?? 0) : rule.table;
  if (!lookupTable(ctx, table, flags, input)) return false;
  if (!findSaddr(ctx, index, flags)) return false;
  if (res.error === EAGAIN) return false;
  return res.error !== 0 || !isSuppressed(ctx, index);
}

/**
 * `fib6_rule_saddr()`: a rule with FIB_RULE_FIND_SADDR and a source prefix checks the
 * source the route would get; false sends the walk to the next rule.
 */
function findSaddr(ctx: Context, index: RuleIndex, flags: number): boolean {
  const { rule } = index;
  if (!(rule.frFlags & FIB_RULE_FIND_SADDR) || index.srcLen === 0 || flags & F_HAS_SADDR) {
    return true;
  }
  const prefs = (flags >>> F_SRCPREF_SHIFT) & 7;
  const found = devGetSaddr(ctx, nexthopOif(ctx), prefs, undefined);
  if (found === undefined || !prefixEqual(found.words, 0, index.src, 0, index.srcLen)) return false;
  ctx.flow.saddr = found.address.addr;
  writeWords(found.address.addr, ctx.flow.words, SADDR);
  return true;
}

/** `fib6_rule_suppress()`. The length is that of the dst: 128 for an exception. */
function isSuppressed(ctx: Context, { rule }: RuleIndex): boolean {
  const plen = ctx.res.exception ? 128 : (ctx.state.fib.routes[ctx.res.from / ENTRY]?.dstLen ?? 0);
  const group = ctx.state.devices.get(nexthopOif(ctx))?.group;
  const suppressed =
    plen <= rule.suppressPrefixlen ||
    (rule.suppressIfgroup !== -1 && group === rule.suppressIfgroup);
  if (suppressed && ctx.trace) {
    ctx.trace.push({
      step: 'rule',
      pref: rule.pref,
      action: 'suppress',
      matched: true,
      why: plen <= rule.suppressPrefixlen ? `prefix length ${plen}` : `group ${group}`,
    });
  }
  return suppressed;
}

/** `l3mdev_update_flow()`: marks the flow with its VRF; an oif that is the VRF is taken out. */
function updateL3mdev(ctx: Context): void {
  const { flow, state } = ctx;
  const device = flow.oif === 0 ? undefined : state.devices.get(flow.oif);
  if (device !== undefined) {
    if (flow.l3mdev === 0) {
      flow.l3mdev = device.l3mdev;
      flow.l3mdevByOif = true;
    }
    if (device.isL3Master) flow.oif = 0;
  } else if (flow.iif > LOOPBACK_IFINDEX && flow.l3mdev === 0) {
    flow.l3mdev = state.devices.get(flow.iif)?.l3mdev ?? 0;
  }
}

/** `fib_rule_match()` and `fib6_rule_match()`: the selector that does not hold, or ''. */
function mismatch(ctx: Context, index: RuleIndex, flags: number): string {
  const { rule } = index;
  const { flow } = ctx;
  if (rule.iifname !== '' && !ifMatches(ctx, rule.iif, flow.iif, false)) return 'iif';
  if (rule.oifname !== '' && !ifMatches(ctx, rule.oif, flow.oif, true)) return 'oif';
  if (((rule.mark ^ flow.mark) & rule.markMask) !== 0) return 'fwmark';
  if (rule.l3mdev && !ctx.state.devices.get(flow.l3mdev)?.isL3Master) return 'l3mdev';
  const uids = rule.uidRange;
  if (uids !== undefined && (flow.uid < uids.start || flow.uid > uids.end)) return 'uidrange';
  if (index.dstLen > 0 && !prefixEqual(flow.words, DADDR, index.dst, 0, index.dstLen)) return 'to';
  if (index.srcLen > 0) {
    if (flags & F_HAS_SADDR) {
      if (!prefixEqual(flow.words, SADDR, index.src, 0, index.srcLen)) return 'from';
    } else if (!(rule.frFlags & FIB_RULE_FIND_SADDR)) return 'from: no source yet';
  }
  // ip6_dscp(): the traffic class without its ECN bits.
  if (rule.dscp !== 0 && rule.dscp !== ((flow.flowinfo >>> 20) & 0xfc)) return 'dsfield';
  if (rule.ipProto !== 0 && rule.ipProto !== flow.proto) return 'ipproto';
  if (!portMatches(rule.sportStart, rule.sportEnd, flow.sport)) return 'sport';
  if (!portMatches(rule.dportStart, rule.dportEnd, flow.dport)) return 'dport';
  return '';
}

/** `fib_rule_iif_match()`, `fib_rule_oif_match()`; a missing device has index -1 (or 0) and never matches. */
function ifMatches(ctx: Context, index: number, flowIndex: number, isOif: boolean): boolean {
  if (index <= 0) return false;
  const isMaster = ctx.state.devices.get(index)?.isL3Master === true;
  if (isMaster && (ctx.profile.quirks.ruleL3Master ?? openQuirk(ctx, 'ruleL3Master'))) {
    // l3mdev_fib_rule_iif_match(), l3mdev_fib_rule_oif_match(): the flow got its VRF on that side.
    return ctx.flow.l3mdev === index && ctx.flow.l3mdevByOif === isOif;
  }
  return flowIndex === index;
}

/** `fib_rule_port_range_set()`, `fib_rule_port_inrange()`: an unset range matches all. */
function portMatches(start: number, end: number, port: number): boolean {
  return start === 0 || end === 0 || (port >= start && port <= end);
}

function traceRule(ctx: Context, { rule }: RuleIndex, matched: boolean, why: string): void {
  const action = rule.action === FR_ACT_TO_TBL ? `table ${rule.table}` : `action ${rule.action}`;
  ctx.trace?.push({ step: 'rule', pref: rule.pref, action, matched, why });
}
