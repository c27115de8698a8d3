/** Reader of /proc/net/if_inet6 (if6_seq_show(), net/ipv6/addrconf.c). */

import { type Addr6, addr6FromBytes, isLinkLocal } from '../../src/net/addr6.ts';

/** IFA_F_DADFAILED and IFA_F_TENTATIVE (include/uapi/linux/if_addr.h). */
const UNUSABLE = 0x08 | 0x40;

/** The first link-local address of an interface that is past duplicate address detection. */
export function usableLinkLocal(ifInet6: string, ifname: string): Addr6 | undefined {
  for (const line of ifInet6.split('\n')) {
    const [hex = '', , , , flags = '0', name] = line.trim().split(/\s+/);
    if (name !== ifname || !/^[0-9a-f]{32}$/.test(hex)) continue;
    const addr = addr6FromBytes(Buffer.from(hex, 'hex'));
    if (isLinkLocal(addr) && (Number.parseInt(flags, 16) & UNUSABLE) === 0) return addr;
  }
  return undefined;
}
