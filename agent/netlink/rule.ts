/** RTM_NEWRULE of AF_INET6 (fib_nl_fill_rule(), net/core/fib_rules.c; fib6_rule_fill()) → rule events. */

import type { RuleEvent } from '../../src/decode/event.ts';
import { type Attributes, parseAttributes, s32, text, u8, u16, u32, viewOf } from './attributes.ts';
import type { DumpRequest } from './dump.ts';
import { type DumpOrigin, dumpHeader } from './header.ts';
import type { NetlinkMessage } from './message.ts';
import { AF_INET6, address } from './value.ts';

const RTM_NEWRULE = 32;
const RTM_GETRULE = 34;
const FIB_RULE_HDR_BYTES = 12;

/** include/uapi/linux/fib_rules.h. */
const FRA = {
  dst: 1,
  src: 2,
  iifname: 3,
  goto: 4,
  priority: 6,
  fwmark: 10,
  flow: 11,
  tunId: 12,
  suppressIfgroup: 13,
  suppressPrefixlen: 14,
  table: 15,
  fwmask: 16,
  oifname: 17,
  pad: 18,
  l3mdev: 19,
  uidRange: 20,
  protocol: 21,
  ipProto: 22,
  sportRange: 23,
  dportRange: 24,
  dscp: 25,
  flowlabel: 26,
  flowlabelMask: 27,
  sportMask: 28,
  dportMask: 29,
  dscpMask: 30,
} as const;

const FIB_RULE_IIF_DETACHED = 0x8;
const FIB_RULE_OIF_DETACHED = 0x10;
const DSCP_MASK_FULL = 0x3f;
const PORT_MASK_FULL = 0xffff;
const IFNAME_MAX = 15;

export const RULE_DUMP: DumpRequest = {
  type: RTM_GETRULE,
  body: [Uint8Array.of(AF_INET6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
};

export interface DecodedRule {
  readonly rule: RuleEvent;
  /** Selectors the rule has and the event cannot say: it matches less than it seems to. */
  readonly unsaid: readonly string[];
}

/**
 * Undefined when it is no IPv6 rule or cut short. `id` is 0: netlink does not tell it, the
 * order of the messages is that of the list. `dscp` is as in struct fib6_rule, the
 * upper six bits of the traffic class byte. `frFlags` has what the kernel computes for
 * user space (FIB_RULE_UNRESOLVED and the DETACHED flags) besides the rule's own.
 * @param ifindexOf resolves names as the kernel does when a device appears.
 */
export function decodeRule(
  message: NetlinkMessage,
  origin: DumpOrigin,
  ifindexOf: ReadonlyMap<string, number>,
): DecodedRule | undefined {
  const { payload } = message;
  if (message.type !== RTM_NEWRULE || payload.length < FIB_RULE_HDR_BYTES) return undefined;
  if (payload[0] !== AF_INET6) return undefined;
  const a = parseAttributes(payload, FIB_RULE_HDR_BYTES);
  const frFlags = viewOf(payload).getUint32(8, true);
  const iifname = (text(a, FRA.iifname) ?? '').slice(0, IFNAME_MAX);
  const oifname = (text(a, FRA.oifname) ?? '').slice(0, IFNAME_MAX);
  const resolve = (name: string, detachedFlag: number): number => {
    if (name === '') return 0;
    return (frFlags & detachedFlag) !== 0 ? -1 : (ifindexOf.get(name) ?? -1);
  };
  const sport = portRange(a, FRA.sportRange);
  const dport = portRange(a, FRA.dportRange);
  const dscp = u8(a, FRA.dscp);
  const rule: RuleEvent = {
    ...dumpHeader(origin, 'netlink'),
    kind: 'rule',
    id: 0n,
    pref: u32(a, FRA.priority) ?? 0,
    src: address(a, FRA.src),
    srcLen: payload[2] ?? 0,
    dst: address(a, FRA.dst),
    dstLen: payload[1] ?? 0,
    iifname,
    oifname,
    iif: resolve(iifname, FIB_RULE_IIF_DETACHED),
    oif: resolve(oifname, FIB_RULE_OIF_DETACHED),
    table: u32(a, FRA.table) ?? payload[4] ?? 0,
    mark: u32(a, FRA.fwmark) ?? 0,
    markMask: u32(a, FRA.fwmask) ?? 0,
    gotoTarget: u32(a, FRA.goto) ?? 0,
    frFlags,
    suppressPrefixlen: s32(a, FRA.suppressPrefixlen) ?? -1,
    suppressIfgroup: s32(a, FRA.suppressIfgroup) ?? -1,
    uidRange: uidRange(a.get(FRA.uidRange)),
    sportStart: sport.start,
    sportEnd: sport.end,
    dportStart: dport.start,
    dportEnd: dport.end,
    action: payload[7] ?? 0,
    ipProto: u8(a, FRA.ipProto) ?? 0,
    dscp: dscp === undefined ? (payload[3] ?? 0) & 0xfc : (dscp << 2) & 0xfc,
    l3mdev: (u8(a, FRA.l3mdev) ?? 0) !== 0,
    protocol: u8(a, FRA.protocol) ?? 0,
  };
  return { rule, unsaid: unsaid(a) };
}

/** struct fib_rule_port_range, host order. */
function portRange(attributes: Attributes, type: number): { start: number; end: number } {
  const packed = u32(attributes, type) ?? 0;
  return { start: packed & 0xffff, end: packed >>> 16 };
}

function uidRange(value: Uint8Array | undefined): { start: number; end: number } | undefined {
  if (value?.length !== 8) return undefined;
  const view = viewOf(value);
  return { start: view.getUint32(0, true), end: view.getUint32(4, true) };
}

function unsaid(a: Attributes): string[] {
  const names: string[] = [];
  if (a.has(FRA.tunId)) names.push('tun_id');
  if (a.has(FRA.flowlabel)) names.push('flowlabel');
  // Kernels that know masks give the full one (or none, for a range) with a plain selector.
  if (a.has(FRA.dscp)) {
    const mask = u8(a, FRA.dscpMask) ?? DSCP_MASK_FULL;
    if (mask !== DSCP_MASK_FULL) names.push('dscp mask');
    // 0 stands for "any" in the event, so a rule for DSCP 0 alone cannot be said.
    else if (u8(a, FRA.dscp) === 0) names.push('dscp 0');
  }
  for (const [type, name] of [
    [FRA.sportMask, 'sport mask'],
    [FRA.dportMask, 'dport mask'],
  ] as const) {
    const mask = u16(a, type) ?? 0;
    if (mask !== 0 && mask !== PORT_MASK_FULL) names.push(name);
  }
  for (const type of a.keys()) if (type > FRA.dscpMask) names.push(`attribute ${type}`);
  return names;
}
