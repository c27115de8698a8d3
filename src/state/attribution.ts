/**
 * Attribution: which PvD an address or a route belongs to, or why to none.
 *
 * {@link claimOfAddress} and {@link claimOfRoute} tell by its own fields what would decide:
 * nothing (a fixed reason), an option of an RA, or an address to follow. The PvD is then
 * that of the last accepted RA that carried the option (RFC 8801, section 3.4).
 */

import { type Addr6, isLinkLocal, isMulticast } from '../net/addr6.ts';
import { prefix6From } from '../net/prefix6.ts';
import type { Address, Attribution, Route } from './snapshot.ts';

/**
 * Every reason. `inferred:CODE` says the same as CODE of an object that was there before
 * the start: the RA seen since carries the option that keeps it alive. `derived:CODE`
 * stands on an object that follows an address whose reason is CODE.
 */
export const REASONS = {
  'ra-router': 'default route made of the header of an RA (RFC 4861, section 6.3.4)',
  'ra-pio': 'address or on-link route made of a Prefix Information option (RFC 4862, RFC 4861)',
  'ra-rio': 'route made of a Route Information option (RFC 4191)',
  'learned-before-start': 'an RA made it before the start; which one is not known',
  'ra-not-seen': 'an RA made it, but none that was seen and tracked carries it',
  'link-local': 'fe80::/10 belongs to the link, not to a PvD',
  loopback: 'loopback belongs to the host',
  multicast: 'ff00::/8 belongs to the link, not to a PvD',
  'kernel-local': 'the kernel made it of itself, and no address explains it',
  static: 'configured by a user or a program',
} as const;

export type BaseReason = keyof typeof REASONS;

/** What decides about an object. */
export type Claim =
  | { readonly by: 'itself'; readonly reason: BaseReason }
  /** The option named by `key`. */
  | { readonly by: 'ra'; readonly key: string }
  /** The address that provides `key`; failing that, `reason`. */
  | { readonly by: 'address'; readonly key: string; readonly reason: BaseReason };

/** IFAPROT_* (include/uapi/linux/if_addr.h). */
const IFAPROT_KERNEL_LO = 1;
const IFAPROT_KERNEL_RA = 2;
const IFAPROT_KERNEL_LL = 3;
const IFA_F_TEMPORARY = 0x01;
const IFA_F_PERMANENT = 0x80;
const IFA_F_MANAGETEMPADDR = 0x100;

const RTF_DEFAULT = 0x10000;
const RTF_ADDRCONF = 0x40000;
const RTF_PREFIX_RT = 0x80000;
const RTF_ROUTEINFO = 0x800000;
const RTN_LOCAL = 2;
const RTN_ANYCAST = 4;
const RTPROT_KERNEL = 2;

const SLAAC_PLEN = 64;

/** Keys of the options of an RA, as claims name them. */
export const optionKey = {
  router: (ifindex: number, router: Addr6): string => `router ${ifindex} ${router}`,
  rio: (ifindex: number, router: Addr6, dst: string): string => `rio ${ifindex} ${router} ${dst}`,
  onLink: (ifindex: number, dst: string): string => `on-link ${ifindex} ${dst}`,
  autonomous: (ifindex: number, prefix: string): string => `autonomous ${ifindex} ${prefix}`,
};

/** Keys an address provides to what follows it: itself, its anycast address, its prefix. */
export function providedKeys(address: Pick<Address, 'addr' | 'ifindex' | 'prefixLen'>): string[] {
  const prefix = prefix6From(address.addr, address.prefixLen);
  return [
    hostKey(address.ifindex, address.addr),
    anycastKey(address.ifindex, prefix.slice(0, prefix.lastIndexOf('/'))),
    netKey(address.ifindex, prefix),
  ];
}

const hostKey = (ifindex: number, addr: string): string => `host ${ifindex} ${addr}`;
const anycastKey = (ifindex: number, addr: string): string => `anycast ${ifindex} ${addr}`;
const netKey = (ifindex: number, prefix: string): string => `net ${ifindex} ${prefix}`;

/** Whether temporary addresses are made of this one (`IFA_F_MANAGETEMPADDR`). */
export function isPublic(address: Pick<Address, 'flags'>): boolean {
  return (address.flags & IFA_F_MANAGETEMPADDR) !== 0;
}

export function isTemporary(address: Pick<Address, 'flags'>): boolean {
  return (address.flags & IFA_F_TEMPORARY) !== 0;
}

/** The prefix key by which a temporary address finds the public one it was made of. */
export function publicKey(address: Pick<Address, 'addr' | 'ifindex'>): string {
  return netKey(address.ifindex, prefix6From(address.addr, SLAAC_PLEN));
}

type AddressFields = Pick<Address, 'addr' | 'ifindex' | 'flags' | 'proto'>;

/**
 * `addrconf_prefix_rcv_add_addr()` marks its addresses `IFAPROT_KERNEL_RA`, or before
 * Linux 5.18 only `IFA_F_MANAGETEMPADDR` without `IFA_F_PERMANENT`; `ipv6_create_tempaddr()`
 * sets no protocol.
 */
export function claimOfAddress(address: AddressFields): Claim {
  const { addr, ifindex, flags, proto } = address;
  if (isLinkLocal(addr)) return { by: 'itself', reason: 'link-local' };
  if (addr === '::1') return { by: 'itself', reason: 'loopback' };
  const managed = (flags & (IFA_F_MANAGETEMPADDR | IFA_F_PERMANENT)) === IFA_F_MANAGETEMPADDR;
  const slaac = proto === IFAPROT_KERNEL_RA || (proto === 0 && (managed || isTemporary(address)));
  if (slaac) {
    return { by: 'ra', key: optionKey.autonomous(ifindex, prefix6From(addr, SLAAC_PLEN)) };
  }
  const own = proto === IFAPROT_KERNEL_LO || proto === IFAPROT_KERNEL_LL;
  return { by: 'itself', reason: own ? 'kernel-local' : 'static' };
}

type RouteFields = Pick<
  Route,
  'dst' | 'dstLen' | 'oif' | 'gateway' | 'flags' | 'type' | 'protocol'
>;

/**
 * Local and anycast routes are those of `addrconf_f6i_alloc()`; routes of RAs carry the flags
 * that `rt6_add_dflt_router()`, `rt6_add_route_info()` and `addrconf_prefix_rcv()` set.
 */
export function claimOfRoute(route: RouteFields): Claim {
  const { dst, dstLen, oif, gateway, flags, type, protocol } = route;
  if ((flags & RTF_ADDRCONF) !== 0) return claimOfRaRoute(route);
  if (protocol !== RTPROT_KERNEL) return { by: 'itself', reason: 'static' };
  if (isMulticast(dst)) return { by: 'itself', reason: 'multicast' };
  if (dst === '::1' && dstLen === 128) return { by: 'itself', reason: 'loopback' };
  if (isLinkLocal(dst)) return { by: 'itself', reason: 'link-local' };
  if (type === RTN_LOCAL) {
    return { by: 'address', key: hostKey(oif, dst), reason: 'kernel-local' };
  }
  if (type === RTN_ANYCAST) {
    return { by: 'address', key: anycastKey(oif, dst), reason: 'kernel-local' };
  }
  if (gateway !== '::') return { by: 'itself', reason: 'kernel-local' };
  return { by: 'address', key: netKey(oif, `${dst}/${dstLen}`), reason: 'kernel-local' };
}

/** A RIO for `::/0` becomes the default route of its router (`rt6_route_rcv()`). */
function claimOfRaRoute({ dst, dstLen, oif, gateway, flags }: RouteFields): Claim {
  if ((flags & RTF_DEFAULT) !== 0 || (dstLen === 0 && gateway !== '::')) {
    return { by: 'ra', key: optionKey.router(oif, gateway) };
  }
  if ((flags & RTF_ROUTEINFO) !== 0) {
    return { by: 'ra', key: optionKey.rio(oif, gateway, `${dst}/${dstLen}`) };
  }
  if ((flags & RTF_PREFIX_RT) !== 0) {
    return { by: 'ra', key: optionKey.onLink(oif, `${dst}/${dstLen}`) };
  }
  return { by: 'itself', reason: 'ra-not-seen' };
}

/** Belonging to none. */
export function attributedToNone(reason: string): Attribution {
  return { pvd: undefined, reason, ra: undefined };
}

/** What follows an address belongs where the address does. */
export function derivedFrom(leader: Attribution): Attribution {
  const reason = leader.reason.startsWith('derived:') ? leader.reason : `derived:${leader.reason}`;
  return { pvd: leader.pvd, reason, ra: leader.ra };
}

export function sameAttribution(a: Attribution, b: Attribution): boolean {
  return a.pvd === b.pvd && a.reason === b.reason && a.ra?.raId === b.ra?.raId;
}
