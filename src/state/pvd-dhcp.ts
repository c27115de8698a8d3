/**
 * Which PvD what DHCP says on an interface belongs to (RFC 8801, section 3.4). Stated only: no
 * DHCP message is looked at.
 */

import type { Addr6 } from '../net/addr6.ts';
import type { PvdId } from '../net/pvd-id.ts';
import type { Snapshot } from './snapshot.ts';

/** A DHCPv6 answer belongs with the RAs of its sender that have M or O set. */
export interface Dhcp6Association {
  readonly router: Addr6;
  readonly pvd: PvdId;
  /** M: addresses, too; O alone: other configuration. */
  readonly managed: boolean;
}

export interface DhcpAssociation {
  /** Explicit PvDs heard on the interface with the L flag. Of none or several: unspecified. */
  readonly dhcp4: readonly PvdId[];
  /** Of one router none or several: unspecified. */
  readonly dhcp6: readonly Dhcp6Association[];
}

export function dhcpAssociation(snapshot: Snapshot, ifindex: number): DhcpAssociation {
  const dhcp4: PvdId[] = [];
  const dhcp6: Dhcp6Association[] = [];
  for (const { id, kind, legacy, routers } of snapshot.pvds.values()) {
    const here = routers.filter((router) => router.ifindex === ifindex);
    if (kind === 'explicit' && legacy && here.length > 0) dhcp4.push(id);
    for (const { router, managed, other } of here) {
      if (managed || other) dhcp6.push({ router, pvd: id, managed });
    }
  }
  return { dhcp4, dhcp6 };
}
