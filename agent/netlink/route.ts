/**
 * RTM_NEWROUTE of AF_INET6 (rt6_fill_node(), net/ipv6/route.c) → route events: a
 * fallback for kernels without the ipv6_route BPF iterator. Netlink hides RTF_ADDRCONF,
 * RTF_PREFIX_RT and others that decide, the order of a node's leaves, and the identity
 * of entries; the flags given here are only those that follow from what it says.
 */

import type { Fib6Entry, RouteEvent } from '../../src/decode/event.ts';
import { ANY6 } from '../../src/net/addr6.ts';
import { type Attributes, parseAttributes, u8, u32, viewOf } from './attributes.ts';
import type { DumpRequest } from './dump.ts';
import { type DumpOrigin, dumpHeader } from './header.ts';
import type { NetlinkMessage } from './message.ts';
import { AF_INET6, address } from './value.ts';

const RTM_NEWROUTE = 24;
const RTM_GETROUTE = 26;
const RTMSG_BYTES = 12;
const RTNEXTHOP_BYTES = 8;
const RTA_DST = 1;
const RTA_SRC = 2;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PRIORITY = 6;
const RTA_PREFSRC = 7;
const RTA_MULTIPATH = 9;
const RTA_CACHEINFO = 12;
const RTA_TABLE = 15;
const RTA_PREF = 20;
const RTA_NH_ID = 30;

const RTN_LOCAL = 2;
const RTN_ANYCAST = 4;
const RTN_BLACKHOLE = 6;
const RTN_THROW = 9;
const RTPROT_RA = 9;
/** Of rtm_flags: RTM_F_* lies above, RTNH_F_* below. */
const RTNH_FLAGS_MASK = 0xff;

const RTF_UP = 0x1;
const RTF_GATEWAY = 0x2;
const RTF_REJECT = 0x200;
const RTF_DEFAULT = 0x10000;
const RTF_ADDRCONF = 0x40000;
const RTF_ANYCAST = 0x100000;
const RTF_EXPIRES = 0x400000;
const RTF_ROUTEINFO = 0x800000;
const RTF_PREF_SHIFT = 27;
const RTF_LOCAL = 0x80000000;

/** clock_t: hundredths of a second. */
const NS_PER_CLOCK = 10_000_000n;

export const ROUTE_DUMP: DumpRequest = {
  type: RTM_GETROUTE,
  body: [Uint8Array.of(AF_INET6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
};

interface Hop {
  readonly oif: number;
  readonly gateway: Fib6Entry['gateway'];
  readonly weight: number;
  readonly nhFlags: number;
}

/**
 * One event for each sibling; none when it is no IPv6 route or cut short.
 * @param nextId gives identities that no kernel address has, and no other entry of the run.
 */
export function decodeRoute(
  message: NetlinkMessage,
  origin: DumpOrigin,
  nextId: () => bigint,
): RouteEvent[] {
  const { payload } = message;
  if (message.type !== RTM_NEWROUTE || payload.length < RTMSG_BYTES) return [];
  if (payload[0] !== AF_INET6) return [];
  const a = parseAttributes(payload, RTMSG_BYTES);
  const nhFlags = viewOf(payload).getUint32(8, true) & RTNH_FLAGS_MASK;
  const hops = hopsOf(a, nhFlags);
  const expiresNs = expiryOf(a.get(RTA_CACHEINFO), origin.tsNs);
  const byte = (at: number): number => payload[at] ?? 0;
  const [dstLen, srcLen, protocol, type] = [byte(1), byte(2), byte(5), byte(7)];
  const flags = flagsOf({ type, protocol, dstLen, expiresNs }, u8(a, RTA_PREF) ?? 0);
  const header = dumpHeader(origin, 'netlink');
  // Every field is written out: objects put together from several others are slow, and
  // there are as many of these as routes.
  const entryOf = (hop: Hop): Fib6Entry => ({
    id: nextId(),
    expiresNs,
    dst: address(a, RTA_DST),
    dstLen,
    src: address(a, RTA_SRC),
    srcLen,
    prefsrc: address(a, RTA_PREFSRC),
    gateway: hop.gateway,
    table: u32(a, RTA_TABLE) ?? byte(4),
    metric: u32(a, RTA_PRIORITY) ?? 0,
    flags: (flags | (hop.gateway === ANY6 ? 0 : RTF_GATEWAY)) >>> 0,
    nhId: u32(a, RTA_NH_ID) ?? 0,
    oif: hop.oif,
    weight: hop.weight,
    upperBound: -1,
    siblings: hops.length - 1,
    type,
    protocol,
    nhFlags: hop.nhFlags,
  });
  return hops.map((hop) => ({
    ...header,
    kind: 'route',
    entry: entryOf(hop),
    nlmsgFlags: 0,
    error: 0,
    portid: 0,
  }));
}

function flagsOf(
  route: Pick<Fib6Entry, 'type' | 'protocol' | 'dstLen' | 'expiresNs'>,
  pref: number,
): number {
  let flags = RTF_UP | ((pref & 3) << RTF_PREF_SHIFT);
  if (route.type === RTN_LOCAL) flags |= RTF_LOCAL;
  if (route.type === RTN_ANYCAST) flags |= RTF_ANYCAST;
  if (route.type >= RTN_BLACKHOLE && route.type <= RTN_THROW) flags |= RTF_REJECT;
  if (route.expiresNs !== undefined) flags |= RTF_EXPIRES;
  // Only rt6_add_dflt_router() and rt6_add_route_info() use this protocol.
  if (route.protocol === RTPROT_RA) {
    flags |= RTF_ADDRCONF | (route.dstLen === 0 ? RTF_DEFAULT : RTF_ROUTEINFO);
  }
  return flags;
}

function hopsOf(a: Attributes, nhFlags: number): Hop[] {
  const single: Hop = {
    oif: u32(a, RTA_OIF) ?? 0,
    gateway: address(a, RTA_GATEWAY),
    weight: 1,
    nhFlags,
  };
  const multipath = a.get(RTA_MULTIPATH);
  if (multipath === undefined) return [single];
  const hops = [...eachHop(multipath)];
  if (hops[0] === undefined) return [single];
  // The hops of a nexthop object are no siblings: they hang on one entry.
  return a.has(RTA_NH_ID) ? [hops[0]] : hops;
}

/** struct rtnexthop {u16 len; u8 flags; u8 hops; s32 ifindex} with attributes of its own. */
function* eachHop(bytes: Uint8Array): Generator<Hop> {
  const view = viewOf(bytes);
  for (let at = 0; at + RTNEXTHOP_BYTES <= bytes.length; ) {
    const len = view.getUint16(at, true);
    if (len < RTNEXTHOP_BYTES || at + len > bytes.length) return;
    const attributes = parseAttributes(bytes.subarray(at, at + len), RTNEXTHOP_BYTES);
    yield {
      oif: view.getInt32(at + 4, true),
      gateway: address(attributes, RTA_GATEWAY),
      weight: view.getUint8(at + 3) + 1,
      nhFlags: view.getUint8(at + 2),
    };
    at += (len + 3) & ~3;
  }
}

/** rta_cacheinfo.rta_expires: time left, 0 for none; negative once it has passed. */
function expiryOf(bytes: Uint8Array | undefined, nowNs: bigint): bigint | undefined {
  if (bytes === undefined || bytes.length < 12) return undefined;
  const left = viewOf(bytes).getInt32(8, true);
  return left === 0 ? undefined : nowNs + BigInt(left) * NS_PER_CLOCK;
}
