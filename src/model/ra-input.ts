/** What a prediction about one RA starts from: the RA, and the interface it came in on. */

import type { Devconf, RaEvent } from '../decode/event.ts';
import { type Addr6, isLinkLocal } from '../net/addr6.ts';
import type { Snapshot } from '../state/snapshot.ts';
import { IFA_F_OPTIMISTIC, IFA_F_TENTATIVE, RT6_TABLE_MAIN } from './constants.ts';

/** An RA as it entered `ndisc_rcv()`. */
export type RaInput = Pick<
  RaEvent,
  'raId' | 'tsNs' | 'ifindex' | 'saddr' | 'hopLimit' | 'message' | 'msgLenBytes'
>;

/** Settings that the replica does not hold. What is not given is left open where it decides. */
export interface MoreSettings {
  /** `ra_honor_pio_life`: no 2-hour rule (6.12 and later). */
  readonly raHonorPioLife?: number;
  /** `ra_honor_pio_pflag`: no address where DHCPv6 prefix delegation is preferred. */
  readonly raHonorPioPflag?: number;
  /** Taken as 3 unless given. */
  readonly regenMaxRetry?: number;
  /** Taken as 600 unless given, but not relied on. */
  readonly maxDesyncFactorSec?: number;
  /** `ip token`: the interface identifier of SLAAC addresses; `::` for none. */
  readonly token?: Addr6;
}

/** The interface, as far as RAs are concerned. */
export interface RaLink {
  readonly ifindex: number;
  /** `ARPHRD_*` */
  readonly type: number;
  readonly lladdr: string;
  readonly mtu: number;
  readonly conf: Devconf;
  readonly more: MoreSettings;
  /** `l3mdev_fib_table()`: where the routes go; undefined: into a VRF's that is not known. */
  readonly table: number | undefined;
  /** `optimistic_dad` of `all` or of the interface, and no forwarding. */
  readonly optimistic: boolean;
}

/** Undefined when the replica does not know the interface. */
export function raLink(
  snapshot: Snapshot,
  ifindex: number,
  more: MoreSettings = {},
): RaLink | undefined {
  const link = snapshot.links.get(ifindex);
  const conf = snapshot.devconf.get(ifindex);
  if (link === undefined || conf === undefined) return undefined;
  const all = snapshot.devconf.get(0);
  const optimistic = (all?.optimisticDad ?? 0) !== 0 || conf.optimisticDad !== 0;
  return {
    ifindex,
    type: link.type,
    lladdr: link.lladdr,
    mtu: link.mtu,
    conf,
    more,
    table: tableOf(snapshot, link.master),
    optimistic: optimistic && (all?.forwarding ?? 0) === 0,
  };
}

function tableOf(snapshot: Snapshot, master: number): number | undefined {
  const vrf = master === 0 ? undefined : snapshot.links.get(master);
  if (vrf?.isL3Master !== true) return RT6_TABLE_MAIN;
  return vrf.l3mdevTable === undefined || vrf.l3mdevTable === 0 ? undefined : vrf.l3mdevTable;
}

/** `ipv6_accept_ra()` */
export function acceptsRa({ acceptRa, forwarding }: Devconf): boolean {
  return forwarding !== 0 ? acceptRa === 2 : acceptRa !== 0;
}

/** `ipv6_chk_addr(net, saddr, dev, 0)`: the source is an address of the interface itself. */
export function isOwnAddress(snapshot: Snapshot, ifindex: number, saddr: Addr6): boolean {
  for (const { addr, ifindex: owner, flags } of snapshot.addresses.values()) {
    if (addr !== saddr || (isLinkLocal(addr) && owner !== ifindex)) continue;
    if ((flags & IFA_F_OPTIMISTIC) !== 0 || (flags & IFA_F_TENTATIVE) === 0) return true;
  }
  return false;
}
