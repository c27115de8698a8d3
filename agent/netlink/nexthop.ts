/** RTM_NEWNEXTHOP (nh_fill_node(), net/ipv4/nexthop.c) → nexthop events. */

import type { NexthopEvent } from '../../src/decode/event.ts';
import { parseAttributes, u16, u32, viewOf } from './attributes.ts';
import type { DumpRequest } from './dump.ts';
import { type DumpOrigin, dumpHeader } from './header.ts';
import type { NetlinkMessage } from './message.ts';
import { address } from './value.ts';

const RTM_NEWNEXTHOP = 104;
const RTM_GETNEXTHOP = 106;
const NHMSG_BYTES = 8;
const NHA_ID = 1;
const NHA_GROUP = 2;
const NHA_GROUP_TYPE = 3;
const NHA_BLACKHOLE = 4;
const NHA_OIF = 5;
const NHA_GATEWAY = 6;
const NHA_FDB = 11;
const NEXTHOP_GRP_TYPE_RES = 1;
/** struct nexthop_grp {u32 id; u8 weight; u8 weight_high; u16 resvd2}. */
const NEXTHOP_GRP_BYTES = 8;
/** Where the kernel has a blackhole stand, without telling it (nexthop_create(), nh_fill_node()). */
const LOOPBACK_IFINDEX = 1;
/** PVD_NH_MEMBERS_MAX of bpf/event.h. */
const MEMBERS_MAX = 16;

/** All families: a group of IPv6 nexthops is itself of none. */
export const NEXTHOP_DUMP: DumpRequest = {
  type: RTM_GETNEXTHOP,
  body: [new Uint8Array(NHMSG_BYTES)],
};

/** Undefined when it is no nexthop or cut short. Buckets of resilient groups are not followed. */
export function decodeNexthop(
  message: NetlinkMessage,
  origin: DumpOrigin,
): NexthopEvent | undefined {
  const { payload } = message;
  if (message.type !== RTM_NEWNEXTHOP || payload.length < NHMSG_BYTES) return undefined;
  const attributes = parseAttributes(payload, NHMSG_BYTES);
  const id = u32(attributes, NHA_ID);
  if (id === undefined) return undefined;
  const gateway = attributes.get(NHA_GATEWAY);
  const isBlackhole = attributes.has(NHA_BLACKHOLE);
  const members = groupMembers(attributes.get(NHA_GROUP));
  return {
    ...dumpHeader(origin, 'netlink'),
    truncated: members.length > MEMBERS_MAX,
    kind: 'nexthop',
    id,
    gateway: address(attributes, NHA_GATEWAY),
    gatewayFamily: gateway === undefined ? 0 : (payload[0] ?? 0),
    oif: u32(attributes, NHA_OIF) ?? (isBlackhole ? LOOPBACK_IFINDEX : 0),
    nhFlags: viewOf(payload).getUint32(4, true),
    isGroup: attributes.has(NHA_GROUP),
    isBlackhole,
    isFdb: attributes.has(NHA_FDB),
    isResilient: u16(attributes, NHA_GROUP_TYPE) === NEXTHOP_GRP_TYPE_RES,
    protocol: payload[2] ?? 0,
    members: members.slice(0, MEMBERS_MAX),
  };
}

function groupMembers(bytes: Uint8Array | undefined): { id: number; weight: number }[] {
  const members: { id: number; weight: number }[] = [];
  if (bytes === undefined) return members;
  const view = viewOf(bytes);
  for (let at = 0; at + NEXTHOP_GRP_BYTES <= bytes.length; at += NEXTHOP_GRP_BYTES) {
    // On the wire less by one, with eight more bits from Linux 6.12 on (nhe_weight()).
    const weight = view.getUint8(at + 4) + (view.getUint8(at + 5) << 8) + 1;
    members.push({ id: view.getUint32(at, true), weight });
  }
  return members;
}
