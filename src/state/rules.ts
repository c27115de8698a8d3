/** Policy rules (`struct fib6_rule`), those of one preference by age. */

import type { RuleEvent } from '../decode/event.ts';
import { prefix6, prefix6From } from '../net/prefix6.ts';
import type { Context } from './context.ts';
import type { NetnsState } from './netns-state.ts';
import type { Link, Rule } from './snapshot.ts';
import type { Subject } from './subject.ts';
import { putRow, removeRow, sameValue, type Table } from './table.ts';

/**
 * FIB_RULE_UNRESOLVED, FIB_RULE_IIF_DETACHED, FIB_RULE_OIF_DETACHED: computed for whoever asks
 * (`fib_nl_fill_rule()`), not kept.
 */
const COMPUTED = 0x4 | 0x8 | 0x10;
const KERNEL_ID_MIN = 1n << 32n;
/** Index of a device that is named and not there. */
const DETACHED = -1;
const FR_ACT_TO_TBL = 1;
const RTPROT_BOOT = 3;

/** A rule that matches all, with what `fib_nl_newrule()` gives it when nothing is said. */
export function blankRule(id: bigint, pref: number): Rule {
  return {
    id,
    pref,
    src: prefix6('::/0'),
    dst: prefix6('::/0'),
    iifname: '',
    oifname: '',
    iif: 0,
    oif: 0,
    table: 0,
    mark: 0,
    markMask: 0,
    gotoTarget: 0,
    frFlags: 0,
    suppressPrefixlen: -1,
    suppressIfgroup: -1,
    uidRange: undefined,
    sportStart: 0,
    sportEnd: 0,
    dportStart: 0,
    dportEnd: 0,
    action: FR_ACT_TO_TBL,
    ipProto: 0,
    dscp: 0,
    l3mdev: false,
    protocol: RTPROT_BOOT,
  };
}

export const RULES: Table<string, Rule> = {
  object: 'rule',
  part: 'rules',
  rows: (ns) => ns.own.rules,
  after: renewRules,
};

export const ruleSubject: Subject<RuleEvent, string, Rule> = {
  kind: 'rule',
  table: RULES,
  /** Netlink does not tell the kernel's address of a rule: it is then known by its content. */
  keyOf(ctx, event) {
    const { rules, dump } = ctx.ns.own;
    if (rules.has(`${event.id}`)) return `${event.id}`;
    const content = contentOf(ruleOf(event));
    for (const [key, rule] of rules) {
      const unnamed = event.id === 0n || rule.id < KERNEL_ID_MIN;
      if (unnamed && sameValue(contentOf(rule), content)) return key;
    }
    if (event.id !== 0n) return `${event.id}`;
    for (const [key, rule] of dump?.rulesGone ?? []) {
      if (sameValue(contentOf(rule), content)) return key;
    }
    return `${ctx.ns.own.nextId++}`;
  },
  set: (ctx, event, key) => void putRow(ctx, RULES, key, { ...ruleOf(event), id: BigInt(key) }),
  remove: removeRule,
  goes(ctx, event) {
    const { dump } = ctx.ns.own;
    const key = ruleSubject.keyOf(ctx, event);
    if (key !== undefined && dump && !dump.overflow) dump.rulesGone.set(key, ruleOf(event));
  },
};

function removeRule(ctx: Context, key: string): void {
  removeRow(ctx, RULES, key);
}

function ruleOf(event: RuleEvent): Rule {
  const { id, pref, iifname, oifname, iif, oif, table, mark, markMask, gotoTarget } = event;
  const { frFlags, suppressPrefixlen, suppressIfgroup, uidRange, action, protocol } = event;
  const { sportStart, sportEnd, dportStart, dportEnd, ipProto, dscp, l3mdev } = event;
  return {
    id,
    pref,
    src: prefix6From(event.src, event.srcLen),
    dst: prefix6From(event.dst, event.dstLen),
    iifname,
    oifname,
    iif,
    oif,
    table,
    mark,
    markMask,
    gotoTarget,
    frFlags: frFlags & ~COMPUTED,
    suppressPrefixlen,
    suppressIfgroup,
    uidRange,
    sportStart,
    sportEnd,
    dportStart,
    dportEnd,
    action,
    ipProto,
    dscp,
    l3mdev,
    protocol,
  };
}

/** `attach_rules()`: a device has come, or has another name; rules without one may wait for it. */
export function attachRules(ctx: Context, { ifindex, name }: Pick<Link, 'ifindex' | 'name'>): void {
  resolve(ctx, (index, wanted) => (index === DETACHED && wanted === name ? ifindex : index));
}

/** `detach_rules()`: the device goes, or gives its name up. */
export function detachRules(ctx: Context, ifindex: number): void {
  resolve(ctx, (index) => (index === ifindex ? DETACHED : index));
}

function resolve(ctx: Context, indexOf: (index: number, name: string) => number): void {
  for (const [key, rule] of ctx.ns.own.rules) {
    const iif = indexOf(rule.iif, rule.iifname);
    const oif = indexOf(rule.oif, rule.oifname);
    if (iif !== rule.iif || oif !== rule.oif) putRow(ctx, RULES, key, { ...rule, iif, oif });
  }
}

/** What was configured: no kernel address, nothing that is resolved at run time. */
function contentOf(rule: Rule): Omit<Rule, 'id' | 'iif' | 'oif'> {
  const { id: _id, iif: _iif, oif: _oif, ...content } = rule;
  return content;
}

/** Ascending preference; equal ones stay in the order they came (`fib_nl_newrule()`). */
export function renewRules(ns: NetnsState): void {
  ns.rules = [...ns.own.rules.values()].sort((a, b) => a.pref - b.pref);
}
