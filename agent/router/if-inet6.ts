/** Reader of /proc/net/if_inet6 (if6_seq_show(), net/ipv6/addrconf.c). */

import { type Addr6, addr6FromBytes, isLinkLocal } from '../../src/net/addr6.ts';

/** IFA_F_DADFAILED and IFA_F_TENTATIVE (include/uapi/linux/if_addr.h). */
const DADFAILED = 0x08;
const TENTATIVE = 0x40;

export interface IfInet6 {
  readonly addr: Addr6;
  readonly ifname: string;
  /** Duplicate address detection is not over, or found a duplicate. */
  readonly tentative: boolean;
}

/** What is no line of the file is passed over. */
export function parseIfInet6(ifInet6: string): IfInet6[] {
  return ifInet6.split('\n').flatMap((line) => {
    const [hex = '', , , , flags = '0', ifname = ''] = line.trim().split(/\s+/);
    if (!/^[0-9a-f]{32}$/.test(hex)) return [];
    const tentative = (Number.parseInt(flags, 16) & (DADFAILED | TENTATIVE)) !== 0;
    return [{ addr: addr6FromBytes(Buffer.from(hex, 'hex')), ifname, tentative }];
  });
}

/** The first link-local address of an interface that is past duplicate address detection. */
export function usableLinkLocal(ifInet6: string, ifname: string): Addr6 | undefined {
  return parseIfInet6(ifInet6).find(
    (row) => row.ifname === ifname && !row.tentative && isLinkLocal(row.addr),
  )?.addr;
}
