/** From a captured frame to the ICMPv6 message inside, if it holds one. */

import { u16 } from '../../src/decode/nd/bytes.ts';
import { type Addr6, addr6FromBytes } from '../../src/net/addr6.ts';

/** LINKTYPE_* (https://www.tcpdump.org/linktypes.html). */
export const LINKTYPE = {
  null: 0,
  ethernet: 1,
  rawBsd: 12,
  rawOpenBsd: 14,
  raw: 101,
  loop: 108,
  linuxSll: 113,
  ipv6: 229,
  linuxSll2: 276,
} as const;

const ETHERTYPE_IPV6 = 0x86dd;
const ETHERTYPE_VLAN: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100]);
const VLANS_MAX = 8;
const IP6_HEADER_BYTES = 40;
const NEXT = {
  hopByHop: 0,
  routing: 43,
  fragment: 44,
  ah: 51,
  icmpv6: 58,
  destination: 60,
} as const;
const EXTENSION_HEADERS_MAX = 16;

export interface Icmp6Packet {
  readonly saddr: Addr6;
  readonly daddr: Addr6;
  readonly hopLimit: number;
  /** From the type octet on, as far as it was captured: a view. */
  readonly message: Uint8Array;
  readonly msgLenBytes: number;
  /** It came in fragments; this is the first. */
  readonly fragmented: boolean;
}

/** Whether frames of that link type can be read. */
export function isKnownLinkType(linkType: number): boolean {
  return (Object.values(LINKTYPE) as number[]).includes(linkType);
}

/** Undefined when the frame holds no ICMPv6, or too little of it to tell. */
export function icmp6Of(linkType: number, frame: Uint8Array): Icmp6Packet | undefined {
  const at = ipv6Offset(linkType, frame);
  return at === undefined ? undefined : icmp6OfIpv6(frame.subarray(at));
}

function ipv6Offset(linkType: number, frame: Uint8Array): number | undefined {
  switch (linkType) {
    case LINKTYPE.ethernet:
      return pastVlans(frame, 12);
    case LINKTYPE.linuxSll:
      return pastVlans(frame, 14);
    case LINKTYPE.linuxSll2:
      if (u16(frame, 0) === ETHERTYPE_IPV6) return 20;
      // The EtherType is at the start of the header, the rest of the tag after it.
      return ETHERTYPE_VLAN.has(u16(frame, 0)) ? pastVlans(frame, 22) : undefined;
    case LINKTYPE.null:
    case LINKTYPE.loop:
      return 4;
    case LINKTYPE.raw:
    case LINKTYPE.rawBsd:
    case LINKTYPE.rawOpenBsd:
    case LINKTYPE.ipv6:
      return 0;
    default:
      return undefined;
  }
}

/** What follows the EtherType at `at` and its VLAN tags, when it is IPv6. */
function pastVlans(frame: Uint8Array, at: number): number | undefined {
  let pos = at;
  for (let tags = 0; tags < VLANS_MAX && ETHERTYPE_VLAN.has(u16(frame, pos)); tags++) pos += 4;
  return u16(frame, pos) === ETHERTYPE_IPV6 ? pos + 2 : undefined;
}

/** The same, from the first octet of the IPv6 header on. */
export function icmp6OfIpv6(packet: Uint8Array): Icmp6Packet | undefined {
  if (packet.length < IP6_HEADER_BYTES || (packet[0] ?? 0) >> 4 !== 6) return undefined;
  const end = IP6_HEADER_BYTES + u16(packet, 4);
  const upper = upperHeader(packet, Math.min(end, packet.length));
  if (upper === undefined) return undefined;
  return {
    saddr: addr6FromBytes(packet, 8),
    daddr: addr6FromBytes(packet, 24),
    hopLimit: packet[7] ?? 0,
    message: packet.subarray(upper.at, Math.min(end, packet.length)),
    msgLenBytes: end - upper.at,
    fragmented: upper.fragmented,
  };
}

/** Walks the extension headers (RFC 8200, section 4) to an ICMPv6 header. */
function upperHeader(
  packet: Uint8Array,
  end: number,
): { readonly at: number; readonly fragmented: boolean } | undefined {
  let next = packet[6] ?? 0;
  let at = IP6_HEADER_BYTES;
  let fragmented = false;
  for (let count = 0; count <= EXTENSION_HEADERS_MAX; count++) {
    if (at >= end) return undefined;
    const len = packet[at + 1] ?? 0;
    switch (next) {
      case NEXT.icmpv6:
        return { at, fragmented };
      case NEXT.fragment:
        // Only the first fragment starts with the message.
        if ((u16(packet, at + 2) & 0xfff8) !== 0) return undefined;
        fragmented = true;
        next = packet[at] ?? 0;
        at += 8;
        break;
      case NEXT.hopByHop:
      case NEXT.routing:
      case NEXT.destination:
        next = packet[at] ?? 0;
        at += 8 + 8 * len;
        break;
      case NEXT.ah:
        next = packet[at] ?? 0;
        at += 8 + 4 * len;
        break;
      default:
        return undefined;
    }
  }
  return undefined;
}
