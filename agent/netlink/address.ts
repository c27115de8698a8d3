/** RTM_NEWADDR of AF_INET6 (inet6_fill_ifaddr(), net/ipv6/addrconf.c) → addr events. */

import type { AddrEvent } from '../../src/decode/event.ts';
import { INFINITY_SEC } from '../../src/net/instant.ts';
import { parseAttributes, texts, u8, u32, viewOf } from './attributes.ts';
import type { DumpRequest } from './dump.ts';
import { type DumpOrigin, dumpHeader } from './header.ts';
import { agesSec, bootTimeOfStamp, type JiffiesSpan } from './jiffies.ts';
import type { NetlinkMessage } from './message.ts';
import { AF_INET6, address } from './value.ts';

const RTM_NEWADDR = 20;
const RTM_GETADDR = 22;
const IFADDRMSG_BYTES = 8;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_CACHEINFO = 6;
const IFA_FLAGS = 8;
const IFA_RT_PRIORITY = 9;
const IFA_PROTO = 11;
/** Of the series in kernel/: the name of a PvD, as often as there are. */
const IFA_PVD = 20;
const IFA_CACHEINFO_BYTES = 16;

const IFA_F_DADFAILED = 0x08;
const IFA_F_TENTATIVE = 0x40;
const INET6_IFADDR_STATE_DAD = 1;
const INET6_IFADDR_STATE_POSTDAD = 2;
const INET6_IFADDR_STATE_ERRDAD = 3;

/** Reverse of rt_scope(): RT_SCOPE_* to the IFA_* of inet6_ifaddr.scope (include/net/if_inet6.h). */
const IFA_SCOPE: ReadonlyMap<number, number> = new Map([
  [254, 0x10],
  [253, 0x20],
  [200, 0x40],
]);

export const ADDRESS_DUMP: DumpRequest = {
  type: RTM_GETADDR,
  body: [Uint8Array.of(AF_INET6, 0, 0, 0, 0, 0, 0, 0)],
};

/**
 * Undefined when it is no IPv6 address or cut short. `id` and `rtId` are 0: netlink does
 * not tell them. `state` is the best guess from the flags. Lifetimes are again those
 * that were set at `tstampNs`: the kernel gives out what is left in whole seconds, so
 * they are one second off if the age is not sure.
 * @param span jiffies before and after the kernel wrote the message
 * @param pvdIds ids of the PvDs by name; undefined where the kernel knows none
 */
export function decodeAddress(
  message: NetlinkMessage,
  origin: DumpOrigin,
  span: JiffiesSpan,
  pvdIds?: ReadonlyMap<string, number>,
): AddrEvent | undefined {
  const { payload } = message;
  if (message.type !== RTM_NEWADDR || payload.length < IFADDRMSG_BYTES) return undefined;
  if (payload[0] !== AF_INET6) return undefined;
  const attributes = parseAttributes(payload, IFADDRMSG_BYTES);
  const flags = u32(attributes, IFA_FLAGS) ?? payload[2] ?? 0;
  // With a peer IFA_ADDRESS is the peer's; without one there is no IFA_LOCAL.
  const hasPeer = attributes.has(IFA_LOCAL);
  return {
    ...dumpHeader(origin, 'netlink'),
    kind: 'addr',
    id: 0n,
    addr: address(attributes, hasPeer ? IFA_LOCAL : IFA_ADDRESS),
    peer: address(attributes, hasPeer ? IFA_ADDRESS : -1),
    prefixLen: payload[1] ?? 0,
    ifindex: viewOf(payload).getInt32(4, true),
    flags,
    scope: IFA_SCOPE.get(payload[3] ?? 0) ?? 0,
    proto: u8(attributes, IFA_PROTO) ?? 0,
    ...decodeCacheinfo(attributes.get(IFA_CACHEINFO), origin.tsNs, span),
    rtPriority: u32(attributes, IFA_RT_PRIORITY) ?? 0,
    rtId: 0n,
    state: stateOf(flags),
    event: 0,
    ...(pvdIds && { pvds: idsOf(texts(payload, IFADDRMSG_BYTES, IFA_PVD), pvdIds) }),
  };
}

/** A PvD that came after they were dumped is told by hooks. */
function idsOf(names: readonly string[], ids: ReadonlyMap<string, number>): number[] {
  return names.map((name) => ids.get(name)).filter((id) => id !== undefined);
}

function stateOf(flags: number): number {
  if ((flags & IFA_F_DADFAILED) !== 0) return INET6_IFADDR_STATE_ERRDAD;
  return (flags & IFA_F_TENTATIVE) === 0 ? INET6_IFADDR_STATE_POSTDAD : INET6_IFADDR_STATE_DAD;
}

type Times = Pick<AddrEvent, 'validLftSec' | 'preferredLftSec' | 'cstampNs' | 'tstampNs'>;

/** Whether the lifetimes of an address can be told to the second. */
export function hasSureAge(message: NetlinkMessage, span: JiffiesSpan): boolean {
  const { type, payload } = message;
  if (type !== RTM_NEWADDR || payload.length < IFADDRMSG_BYTES) return true;
  const bytes = parseAttributes(payload, IFADDRMSG_BYTES).get(IFA_CACHEINFO);
  if (bytes === undefined || bytes.length < IFA_CACHEINFO_BYTES) return true;
  const view = viewOf(bytes);
  if (view.getUint32(0, true) === INFINITY_SEC) return true;
  const { least, most } = agesSec(view.getUint32(12, true), span);
  return least === most;
}

/** struct ifa_cacheinfo {prefered, valid, cstamp, tstamp}. */
function decodeCacheinfo(bytes: Uint8Array | undefined, nowNs: bigint, span: JiffiesSpan): Times {
  if (bytes === undefined || bytes.length < IFA_CACHEINFO_BYTES) {
    return {
      validLftSec: INFINITY_SEC,
      preferredLftSec: INFINITY_SEC,
      cstampNs: 0n,
      tstampNs: 0n,
    };
  }
  const view = viewOf(bytes);
  const preferredLeft = view.getUint32(0, true);
  const validLeft = view.getUint32(4, true);
  const tstampNs = bootTimeOfStamp(view.getUint32(12, true), span.epoch, nowNs);
  const ageSec = agesSec(view.getUint32(12, true), span).most;
  // The kernel subtracts the age from neither when the preferred lifetime is infinite.
  const ages = preferredLeft !== INFINITY_SEC;
  return {
    validLftSec: ages ? aged(validLeft, ageSec) : validLeft,
    preferredLftSec: aged(preferredLeft, ageSec),
    cstampNs: bootTimeOfStamp(view.getUint32(8, true), span.epoch, nowNs),
    tstampNs,
  };
}

/** The lifetime that was set `ageSec` ago; 0 stays 0, since then any value up to the age is possible. */
function aged(leftSec: number, ageSec: number): number {
  if (leftSec === INFINITY_SEC || leftSec === 0) return leftSec;
  return Math.min(leftSec + ageSec, INFINITY_SEC - 1);
}
