/** RTM_NEWLINK (rtnl_fill_ifinfo(), net/core/rtnetlink.c) → link and devconf events. */

import type { DevconfEvent, LinkEvent } from '../../src/decode/event.ts';
import { encodeU32, nested, parseAttributes, text, u8, u32, viewOf } from './attributes.ts';
import { devconfFromArray } from './devconf.ts';
import type { DumpRequest } from './dump.ts';
import { type DumpOrigin, dumpHeader } from './header.ts';
import type { NetlinkMessage } from './message.ts';
import { AF_INET6, lladdr } from './value.ts';

const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const IFINFOMSG_BYTES = 16;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_MASTER = 10;
const IFLA_OPERSTATE = 16;
const IFLA_LINKINFO = 18;
const IFLA_AF_SPEC = 26;
const IFLA_GROUP = 27;
const IFLA_EXT_MASK = 29;
const IFLA_CARRIER = 33;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const IFLA_VRF_TABLE = 1;
const IFLA_INET6_CONF = 2;
const RTEXT_FILTER_SKIP_STATS = 8;

/**
 * IFF_RUNNING, IFF_LOWER_UP and IFF_DORMANT: dev_get_flags() computes them for user
 * space, net_device.flags has none of them. `carrier` and `operstate` say the same.
 */
const IFF_COMPUTED = 0x40 | 0x10000 | 0x20000;

/** AF_UNSPEC, since only that dump has master and kind; IPv6 comes in IFLA_AF_SPEC. */
export const LINK_DUMP: DumpRequest = {
  type: RTM_GETLINK,
  body: [new Uint8Array(IFINFOMSG_BYTES), encodeU32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS)],
};

export interface DecodedLink {
  readonly link: LinkEvent;
  /** Undefined when the device has no inet6_dev. */
  readonly devconf: DevconfEvent | undefined;
}

/** Undefined when it is no link message or cut short. `id` is 0: netlink does not tell it. */
export function decodeLink(message: NetlinkMessage, origin: DumpOrigin): DecodedLink | undefined {
  if (message.type !== RTM_NEWLINK || message.payload.length < IFINFOMSG_BYTES) return undefined;
  const view = viewOf(message.payload);
  const attributes = parseAttributes(message.payload, IFINFOMSG_BYTES);
  const ifindex = view.getInt32(4, true);
  const inet6 = nested(nested(attributes, IFLA_AF_SPEC), AF_INET6);
  const conf = devconfFromArray(inet6.get(IFLA_INET6_CONF));
  const info = nested(attributes, IFLA_LINKINFO);
  // The only kind that sets IFF_L3MDEV_MASTER (drivers/net/vrf.c).
  const isVrf = text(info, IFLA_INFO_KIND) === 'vrf';
  const header = dumpHeader(origin, 'netlink');
  return {
    link: {
      ...header,
      kind: 'link',
      id: 0n,
      name: text(attributes, IFLA_IFNAME) ?? '',
      ifindex,
      master: u32(attributes, IFLA_MASTER) ?? 0,
      flags: (view.getUint32(8, true) & ~IFF_COMPUTED) >>> 0,
      mtu: u32(attributes, IFLA_MTU) ?? 0,
      mtu6: conf?.mtu6 ?? 0,
      type: view.getUint16(2, true),
      lladdr: lladdr(attributes, IFLA_ADDRESS),
      operstate: u8(attributes, IFLA_OPERSTATE) ?? 0,
      carrier: u8(attributes, IFLA_CARRIER) === 1,
      isL3Master: isVrf,
      group: u32(attributes, IFLA_GROUP) ?? 0,
      l3mdevTable: isVrf ? (u32(nested(info, IFLA_INFO_DATA), IFLA_VRF_TABLE) ?? 0) : 0,
      event: 0,
    },
    devconf: conf && { ...header, kind: 'devconf', ifindex, conf },
  };
}

/**
 * Sorts links into the order of `/proc/net/igmp6`, which is that of the namespace's
 * device list and so of source selection (net/ipv6/mcast.c, igmp6_mc_seq_ops). Devices
 * that are not in it have no inet6_dev and come last.
 */
export function inDeviceOrder(links: readonly DecodedLink[], igmp6: string): DecodedLink[] {
  const rank = new Map<number, number>();
  for (const line of igmp6.split('\n')) {
    const ifindex = Number.parseInt(line, 10);
    if (ifindex > 0 && !rank.has(ifindex)) rank.set(ifindex, rank.size);
  }
  const rankOf = ({ link }: DecodedLink): number => rank.get(link.ifindex) ?? rank.size;
  return links.toSorted((a, b) => rankOf(a) - rankOf(b));
}
