/**
 * ModelState: a Snapshot arranged for decisions. Everything in it is derived, and in
 * the kernel's order: devices as in `dev_base_head`, addresses as in `idev->addr_list`,
 * routes as in the leaf lists.
 */

import type { Addr6 } from '../net/addr6.ts';
import type { PvdId } from '../net/pvd-id.ts';
import type { Address, Nexthop, Route, Rule, Snapshot } from '../state/snapshot.ts';
import { addrType, srcScope } from './addr-type.ts';
import { addrLabel, type LabelIndex, sortLabels } from './addrlabel.ts';
import { pvdOfRoute, pvdsOfAddress } from './association.ts';
import { IFA_F_OPTIMISTIC } from './constants.ts';
import { entryOf, fib6Change } from './fib6-leaf.ts';
import { compactNodes } from './fib6-memory.ts';
import { createFib6, ENTRY, type EntryWords, type Fib6, fib6Add, fib6Del } from './fib6-trie.ts';
import { createNeighbours, type Neighbours, neighSlot, updateNeighbour } from './neighbours.ts';
import { addNexthopEntry, deleteNexthopEntry, type NexthopEntries } from './nexthop-entries.ts';
import { type HashSettings, hashSettings } from './rt6-multipath-hash.ts';
import { wordsOf } from './words.ts';

/** A source address candidate (`struct inet6_ifaddr`). */
export interface Candidate {
  readonly address: Address;
  readonly words: Uint32Array;
  readonly type: number;
  readonly scope: number;
  readonly flags: number;
  readonly prefixLen: number;
  readonly device: Device;
  readonly label: number;
  readonly pvd: PvdId | undefined;
  /** All it belongs to, as decisions see it. */
  readonly pvds: readonly PvdId[];
}

export interface Device {
  readonly ifindex: number;
  readonly name: string;
  readonly group: number;
  readonly hasInet6: boolean;
  readonly ignoreLinkdown: boolean;
  readonly carrier: boolean;
  readonly sharesStale: boolean;
  /** `l3mdev_master_ifindex()`: the VRF it belongs to or is; 0 for none. */
  readonly l3mdev: number;
  readonly isL3Master: boolean;
  /** Table of the VRF, when it is one. */
  readonly l3Table: number;
  readonly useOifAddrsOnly: boolean;
  readonly useTempaddr: number;
  /** `ipv6_use_optimistic_addr()`. */
  readonly useOptimistic: boolean;
  readonly addrs: Candidate[];
}

/** A policy rule with its prefixes as words. */
export interface RuleIndex {
  readonly rule: Rule;
  readonly src: Uint32Array;
  readonly srcLen: number;
  readonly dst: Uint32Array;
  readonly dstLen: number;
}

/** A nexthop object; a group carries its members. */
export interface NexthopIndex {
  readonly id: number;
  readonly oif: number;
  readonly gateway: Addr6;
  readonly neigh: number;
  readonly nhFlags: number;
  readonly isGroup: boolean;
  readonly isBlackhole: boolean;
  readonly isResilient: boolean;
  readonly members: readonly NexthopIndex[];
  readonly weights: readonly number[];
  /** The objects that lead here: itself, and the groups it is in. */
  readonly usedBy: number[];
}

export interface ModelState extends Neighbours {
  readonly fib: Fib6;
  devices: ReadonlyMap<number, Device>;
  rules: readonly RuleIndex[];
  labels: readonly LabelIndex[];
  nexthops: ReadonlyMap<number, NexthopIndex>;
  readonly nexthopEntries: NexthopEntries;
  pvds: Snapshot['pvds'];
  /** The kernel's own registry, if it has one. */
  readonly netPvds: Snapshot['netPvds'];
  hashSettings: HashSettings;
  readonly pvdSlots: Map<PvdId, number>;
  /** The PvD of each slot; slot 0 is "none". */
  readonly pvdIds: (PvdId | undefined)[];
  /** `all.forwarding == 0`: a host looks for reachable routers first. */
  isHost: boolean;
  /** Whether any address is optimistic (RFC 4429). */
  hasOptimistic: boolean;
}

/** Arranges a snapshot. Cost: linear in its size. */
export function createModelState(snapshot: Snapshot): ModelState {
  const state: ModelState = {
    fib: createFib6(snapshot.routes.size),
    devices: new Map(),
    rules: [],
    labels: [],
    nexthops: new Map(),
    nexthopEntries: new Map(),
    pvds: snapshot.pvds,
    netPvds: snapshot.netPvds,
    hashSettings: hashSettings(snapshot.sysctls),
    ...createNeighbours(),
    pvdSlots: new Map(),
    pvdIds: [undefined],
    isHost: true,
    hasOptimistic: false,
  };
  updateDevices(state, snapshot);
  updateRules(state, snapshot.rules);
  for (const neighbour of snapshot.neighbours.values()) updateNeighbour(state, neighbour);
  updateNexthops(state, snapshot.nexthops);
  for (const route of snapshot.routes.values()) addRoute(state, route);
  compactNodes(state.fib);
  return state;
}

/** Adds a route behind those of its metric; cost: its prefix length. */
export function addRoute(state: ModelState, route: Route): void {
  const entry = fib6Add(state.fib, route, entryWords(state, route));
  addNexthopEntry(state.nexthopEntries, route, entry);
}

/** What an entry says of things outside the FIB. */
function entryWords(state: ModelState, route: Route): EntryWords {
  return {
    neigh: neighSlot(state, route.oif, route.gateway),
    pvd: pvdSlot(state, pvdOfRoute(route)),
  };
}

/**
 * Replaces a route by one that differs in what may change while it stays where it is; returns
 * the old one, undefined when it is not there.
 */
export function changeRoute(state: ModelState, route: Route): Route | undefined {
  const entry = entryOf(state.fib, route);
  const old = state.fib.routes[entry / ENTRY];
  if (old === undefined) return undefined;
  deleteNexthopEntry(state.nexthopEntries, old, entry);
  fib6Change(state.fib, entry, route, { pvd: pvdSlot(state, pvdOfRoute(route)) });
  addNexthopEntry(state.nexthopEntries, route, entry);
  return old;
}

/** Removes a route; false when it was not there. */
export function deleteRoute(state: ModelState, route: Route): boolean {
  const entry = fib6Del(state.fib, route);
  if (entry !== 0) deleteNexthopEntry(state.nexthopEntries, route, entry);
  return entry !== 0;
}

/** Number of a PvD inside the state; 0 for none. */
export function pvdSlot(state: ModelState, pvd: PvdId | undefined): number {
  if (pvd === undefined) return 0;
  const known = state.pvdSlots.get(pvd);
  if (known !== undefined) return known;
  const slot = state.pvdIds.push(pvd) - 1;
  state.pvdSlots.set(pvd, slot);
  return slot;
}

/** `ops->rules_list`: by preference, then by age. */
export function updateRules(state: ModelState, rules: readonly Rule[]): void {
  state.rules = rules
    .map((rule) => {
      const [src = '::', srcLen = '0'] = rule.src.split('/');
      const [dst = '::', dstLen = '0'] = rule.dst.split('/');
      return {
        rule,
        src: wordsOf(src as Addr6),
        srcLen: Number(srcLen),
        dst: wordsOf(dst as Addr6),
        dstLen: Number(dstLen),
      };
    })
    .sort((a, b) => a.rule.pref - b.rule.pref);
}

export function updateNexthops(state: ModelState, nexthops: ReadonlyMap<number, Nexthop>): void {
  const index = new Map<number, NexthopIndex>();
  const make = (nh: Nexthop, members: readonly NexthopIndex[], weights: readonly number[]) => ({
    id: nh.id,
    oif: nh.oif,
    gateway: nh.gateway,
    neigh: neighSlot(state, nh.oif, nh.gateway),
    nhFlags: nh.nhFlags,
    isGroup: nh.isGroup,
    isBlackhole: nh.isBlackhole,
    isResilient: nh.isResilient,
    members,
    weights,
    usedBy: [nh.id],
  });
  for (const nh of nexthops.values()) if (!nh.isGroup) index.set(nh.id, make(nh, [], []));
  for (const nh of nexthops.values()) {
    if (!nh.isGroup) continue;
    const known = nh.members.filter((m) => index.has(m.id));
    const members = known.map((m) => index.get(m.id) as NexthopIndex);
    for (const member of members) if (!member.usedBy.includes(nh.id)) member.usedBy.push(nh.id);
    const weights = known.map((m) => m.weight);
    index.set(nh.id, make(nh, members, weights));
  }
  state.nexthops = index;
}

/** What devices are made of. */
export type DeviceTables = Pick<Snapshot, 'links' | 'devconf' | 'addresses' | 'labels'>;

/** Devices, their settings, addresses and labels: all that source selection reads. */
export function updateDevices(state: ModelState, snapshot: DeviceTables): void {
  const all = snapshot.devconf.get(0);
  const devices = new Map<number, Device>();
  for (const link of snapshot.links.values()) {
    const conf = snapshot.devconf.get(link.ifindex);
    const isSlave = snapshot.links.get(link.master)?.isL3Master === true;
    devices.set(link.ifindex, {
      ifindex: link.ifindex,
      name: link.name,
      group: link.group ?? 0,
      hasInet6: link.mtu6 !== 0,
      ignoreLinkdown: link.mtu6 === 0 || (conf?.ignoreRoutesWithLinkdown ?? 0) !== 0,
      carrier: link.carrier,
      sharesStale: link.sharesStale === true,
      l3mdev: link.isL3Master ? link.ifindex : isSlave ? link.master : 0,
      isL3Master: link.isL3Master,
      l3Table: link.l3mdevTable ?? 0,
      useOifAddrsOnly: (conf?.useOifAddrsOnly ?? 0) !== 0,
      useTempaddr: conf?.useTempaddr ?? 0,
      useOptimistic:
        ((all?.optimisticDad ?? 0) | (conf?.optimisticDad ?? 0)) !== 0 &&
        ((all?.useOptimistic ?? 0) | (conf?.useOptimistic ?? 0)) !== 0,
      addrs: [],
    });
  }
  state.devices = devices;
  state.isHost = (all?.forwarding ?? 0) === 0;
  state.labels = sortLabels(snapshot.labels);
  state.hasOptimistic = false;
  for (const address of snapshot.addresses.values()) addCandidate(state, address);
}

/** `ipv6_link_dev_addr()`: scopes descending, the newest first within one. */
function addCandidate(state: ModelState, address: Address): void {
  const device = state.devices.get(address.ifindex);
  if (device === undefined) return;
  if (address.flags & IFA_F_OPTIMISTIC) state.hasOptimistic = true;
  const words = wordsOf(address.addr);
  const type = addrType(words, 0);
  const scope = srcScope(type);
  const before = device.addrs.findIndex((other) => scope >= other.scope);
  device.addrs.splice(before < 0 ? device.addrs.length : before, 0, {
    address,
    words,
    type,
    scope,
    flags: address.flags,
    prefixLen: address.prefixLen,
    device,
    label: addrLabel(state.labels, words, 0, address.ifindex),
    pvd: address.attribution.pvd,
    pvds: pvdsOfAddress(address),
  });
}
