/** The ICMPv6 checksum (RFC 4443, section 2.3; pseudo-header: RFC 8200, section 8.1). */

import { type Addr6, addr6Words } from '../../net/addr6.ts';
import { u16 } from './bytes.ts';

const IPPROTO_ICMPV6 = 58;
const CHECKSUM_AT = 2;

/** Checksum of `message` between two addresses, its own checksum field taken as 0. */
export function icmp6Checksum(message: Uint8Array, saddr: Addr6, daddr: Addr6): number {
  let sum = message.length + IPPROTO_ICMPV6;
  for (const word of [...addr6Words(saddr), ...addr6Words(daddr)]) {
    sum += (word >>> 16) + (word & 0xffff);
  }
  const even = message.length & ~1;
  for (let i = 0; i < even; i += 2) if (i !== CHECKSUM_AT) sum += u16(message, i);
  if (even !== message.length) sum += (message[even] ?? 0) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}
