/**
 * Snapshot: the replica of one network namespace's IPv6 state.
 *
 * Readers (model, verify, publish) see the readonly types of this file; only
 * `apply.ts` and `expire.ts` change the maps behind them. Sets are keyed the way
 * the kernel names things, so that an event finds its object in O(1).
 */

import type { Devconf, Fib6Entry } from '../decode/event.ts';
import type { Addr6 } from '../net/addr6.ts';
import type { Instant } from '../net/instant.ts';
import type { Prefix6 } from '../net/prefix6.ts';
import type { PvdId } from '../net/pvd-id.ts';

/** Where a piece of state came from and which PvD it belongs to. */
export interface Attribution {
  readonly pvd: PvdId | undefined;
  /** Why: a stable code of `REASONS` in attribution.ts. */
  readonly reason: string;
  /** The RA it was last learned from or refreshed by, when seen. */
  readonly ra: RaRef | undefined;
}

/** Names one received RA. */
export interface RaRef {
  readonly raId: bigint;
  readonly tsNs: Instant;
  readonly ifindex: number;
  readonly router: Addr6;
}

export interface Link {
  readonly ifindex: number;
  readonly name: string;
  /** `IFF_*`, without those that `carrier` and `operstate` tell. */
  readonly flags: number;
  readonly mtu: number;
  readonly mtu6: number;
  readonly type: number;
  readonly lladdr: string;
  readonly operstate: number;
  readonly carrier: boolean;
  readonly master: number;
  readonly isL3Master: boolean;
  /** `net_device.group`; 0 when absent. */
  readonly group?: number;
  /** Table of the VRF when the link is one and it is known; 0 when absent. */
  readonly l3mdevTable?: number;
  /**
   * `ignore_routes_with_linkdown` was written while there was no carrier: the shares of multipath
   * siblings on this link may date from before (`rt6_multipath_rebalance()` is not called).
   */
  readonly sharesStale?: boolean;
}

export interface Address {
  readonly addr: Addr6;
  readonly peer: Addr6;
  readonly prefixLen: number;
  readonly ifindex: number;
  readonly flags: number;
  readonly scope: number;
  readonly proto: number;
  readonly validUntil: Instant | undefined;
  readonly preferredUntil: Instant | undefined;
  readonly attribution: Attribution;
  /** Those of the kernel itself, where it knows PvDs. */
  readonly netPvds?: readonly PvdId[];
}

export interface Route extends Fib6Entry {
  readonly attribution: Attribution;
  /** That of the kernel itself, where it knows PvDs; null: none. */
  readonly netPvd?: PvdId | null;
}

export interface Rule {
  readonly id: bigint;
  readonly pref: number;
  readonly src: Prefix6;
  readonly dst: Prefix6;
  readonly iifname: string;
  readonly oifname: string;
  readonly iif: number;
  readonly oif: number;
  readonly table: number;
  readonly mark: number;
  readonly markMask: number;
  readonly gotoTarget: number;
  readonly frFlags: number;
  readonly suppressPrefixlen: number;
  readonly suppressIfgroup: number;
  readonly uidRange: { readonly start: number; readonly end: number } | undefined;
  readonly sportStart: number;
  readonly sportEnd: number;
  readonly dportStart: number;
  readonly dportEnd: number;
  readonly action: number;
  readonly ipProto: number;
  readonly dscp: number;
  readonly l3mdev: boolean;
  readonly protocol: number;
}

export interface Label {
  readonly prefix: Prefix6;
  readonly ifindex: number;
  readonly label: number;
}

export interface Neighbour {
  readonly addr: Addr6;
  readonly ifindex: number;
  readonly nudState: number;
  readonly isRouter: boolean;
  readonly lladdr: string;
}

export interface Nexthop {
  readonly id: number;
  readonly gateway: Addr6;
  readonly oif: number;
  readonly nhFlags: number;
  readonly isGroup: boolean;
  readonly isBlackhole: boolean;
  readonly isResilient: boolean;
  readonly members: readonly { readonly id: number; readonly weight: number }[];
}

/** A router as one PvD sees it: one link-local address on one interface. */
export interface PvdRouter {
  readonly router: Addr6;
  readonly ifindex: number;
  readonly preference: 'low' | 'medium' | 'high';
  /** When it stops being a default router; undefined when it is none. */
  readonly routerUntil: Instant | undefined;
  readonly hopLimit: number;
  readonly managed: boolean;
  readonly other: boolean;
  readonly lastRa: RaRef;
}

export interface PvdPrefix {
  readonly prefix: Prefix6;
  readonly onLink: boolean;
  readonly autonomous: boolean;
  readonly validUntil: Instant | undefined;
  readonly preferredUntil: Instant | undefined;
  readonly router: Addr6;
  readonly ifindex: number;
  /** It stood inside the PvD option, so a kernel that does not know PvD ignored it. */
  readonly nested: boolean;
}

export interface PvdRouteInfo {
  readonly prefix: Prefix6;
  readonly preference: 'low' | 'medium' | 'high';
  readonly until: Instant | undefined;
  readonly router: Addr6;
  readonly ifindex: number;
  readonly nested: boolean;
}

export interface PvdDns {
  /** An address (RDNSS) or a domain in presentation form (DNSSL). */
  readonly value: string;
  readonly until: Instant | undefined;
  readonly router: Addr6;
  readonly ifindex: number;
  readonly nested: boolean;
}

/** One Provisioning Domain. */
export interface Pvd {
  readonly id: PvdId;
  readonly kind: 'explicit' | 'implicit';
  /** Explicit: presentation form as first received, case kept. Implicit: same as the id. */
  readonly name: string;
  /** Flags H, L and sequence, delay of the last PvD option (RFC 8801, section 3.1). */
  readonly http: boolean;
  readonly legacy: boolean;
  readonly sequence: number;
  readonly delay: number;
  readonly routers: readonly PvdRouter[];
  readonly prefixes: readonly PvdPrefix[];
  readonly routeInfos: readonly PvdRouteInfo[];
  readonly rdnss: readonly PvdDns[];
  readonly dnssl: readonly PvdDns[];
  readonly mtu: number | undefined;
  readonly firstSeenNs: Instant;
  readonly lastSeenNs: Instant;
  readonly raCount: number;
}

/** A part of the kernel's state that the replica does not have, or not exactly. */
export interface Missing {
  /** Table, e.g. `routes`. */
  readonly part: string;
  /** `limit`, or what the dump said. */
  readonly reason: string;
}

/** A PvD as the kernel itself has it (`struct net_pvd` of the series in kernel/). */
export interface NetPvd {
  readonly pvd: PvdId;
  /** As the kernel spells it. */
  readonly name: string;
  /** It has left the registry; what holds it may still name it. */
  readonly isGone: boolean;
}

/** The replica of one netns. */
export interface Snapshot {
  readonly netnsCookie: bigint;
  /** `''` until it is known. */
  readonly name: string;
  readonly inum: number;
  /** Time of the last event applied. */
  readonly tsNs: Instant;
  /** Whether the start state is known: seeded by a dump, or watched from its birth. */
  readonly seeded: boolean;
  /** Why the state is not known although it was dumped; none when absent. */
  readonly missing?: readonly Missing[];
  /** When records were last lost that may have changed this state; until the next dump heals it. */
  readonly lostNs?: Instant | undefined;
  /** Grows with every change. */
  readonly version: number;
  /** In the order of `dev_base_head`: that of registration in this netns. */
  readonly links: ReadonlyMap<number, Link>;
  /** ifindex → devconf; 0 is `all`, -1 `default`. */
  readonly devconf: ReadonlyMap<number, Devconf>;
  /** Key: {@link addressKey}. Oldest first (dumps of one device come newest first within a scope). */
  readonly addresses: ReadonlyMap<string, Address>;
  /** Key: the kernel's `fib6_info` id. Routes of one node and metric stand in leaf order. */
  readonly routes: ReadonlyMap<bigint, Route>;
  readonly rules: readonly Rule[];
  /** Oldest first. */
  readonly labels: readonly Label[];
  /** Key: {@link neighbourKey}. */
  readonly neighbours: ReadonlyMap<string, Neighbour>;
  readonly nexthops: ReadonlyMap<number, Nexthop>;
  readonly pvds: ReadonlyMap<PvdId, Pvd>;
  /** The registry of a kernel that knows PvDs, by its ids. */
  readonly netPvds?: ReadonlyMap<number, NetPvd>;
  /** `net.ipv6.*` integers outside devconf, by name, e.g. `fib_multipath_hash_policy`. */
  readonly sysctls: ReadonlyMap<string, number>;
  /** What the bounds of the registry and the maps refused, by what. */
  readonly refused: Readonly<Record<string, number>>;
}

let lastIfindex = 0;
let lastAddr: Addr6 | undefined;
let lastKey = '';

/** The last one is kept: a decision asks for that of its source again and again. */
export function addressKey(ifindex: number, addr: Addr6): string {
  if (ifindex !== lastIfindex || addr !== lastAddr) {
    lastIfindex = ifindex;
    lastAddr = addr;
    lastKey = `${ifindex} ${addr}`;
  }
  return lastKey;
}

export function neighbourKey(ifindex: number, addr: Addr6): string {
  return `${ifindex} ${addr}`;
}
