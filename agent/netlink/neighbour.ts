/** RTM_NEWNEIGH of AF_INET6 (neigh_fill_info(), net/core/neighbour.c) → neigh events. */

import type { NeighEvent } from '../../src/decode/event.ts';
import { parseAttributes, u32, viewOf } from './attributes.ts';
import type { DumpRequest } from './dump.ts';
import { type DumpOrigin, dumpHeader } from './header.ts';
import type { NetlinkMessage } from './message.ts';
import { AF_INET6, address, lladdr } from './value.ts';

const RTM_NEWNEIGH = 28;
const RTM_GETNEIGH = 30;
const NDMSG_BYTES = 12;
const NDA_DST = 1;
const NDA_LLADDR = 2;
const NDA_FLAGS_EXT = 15;
const NTF_PROXY = 0x08;
/** neighbour.flags holds NTF_EXT_* above the eight bits of ndm_flags (NTF_EXT_SHIFT). */
const NTF_EXT_SHIFT = 8;

export const NEIGHBOUR_DUMP: DumpRequest = {
  type: RTM_GETNEIGH,
  body: [Uint8Array.of(AF_INET6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)],
};

/** Undefined for proxy entries, and when it is no IPv6 neighbour or cut short. `id` is 0. */
export function decodeNeighbour(
  message: NetlinkMessage,
  origin: DumpOrigin,
): NeighEvent | undefined {
  const { payload } = message;
  if (message.type !== RTM_NEWNEIGH || payload.length < NDMSG_BYTES) return undefined;
  const flags = payload[10] ?? 0;
  if (payload[0] !== AF_INET6 || (flags & NTF_PROXY) !== 0) return undefined;
  const view = viewOf(payload);
  const attributes = parseAttributes(payload, NDMSG_BYTES);
  return {
    ...dumpHeader(origin, 'netlink'),
    kind: 'neigh',
    id: 0n,
    addr: address(attributes, NDA_DST),
    ifindex: view.getInt32(4, true),
    nudState: view.getUint16(8, true) & 0xff,
    ntfFlags: (flags | ((u32(attributes, NDA_FLAGS_EXT) ?? 0) << NTF_EXT_SHIFT)) >>> 0,
    type: payload[11] ?? 0,
    lladdr: lladdr(attributes, NDA_LLADDR),
  };
}
