/** Values common to several rtnetlink messages. */

import { type Addr6, ANY6, addr6FromBytes } from '../../src/net/addr6.ts';
import type { Attributes } from './attributes.ts';

export const AF_UNSPEC = 0;
export const AF_INET6 = 10;

/** An IPv6 address, `::` when it is absent or of another size (IPv4 in a nexthop). */
export function address(attributes: Attributes, type: number): Addr6 {
  const value = attributes.get(type);
  return value?.length === 16 ? addr6FromBytes(value) : ANY6;
}

/** MAX_ADDR_LEN of include/linux/netdevice.h. */
const LLADDR_BYTES_MAX = 32;

/** Lower-case hex with colons, empty when absent. */
export function lladdr(attributes: Attributes, type: number): string {
  const value = attributes.get(type)?.subarray(0, LLADDR_BYTES_MAX) ?? new Uint8Array();
  return Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}
