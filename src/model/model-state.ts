/**
 * ModelState: a Snapshot arranged for decisions. Everything in it is derived, and in
 * the kernel's order: devices as in `dev_base_head`, addresses as in `idev->addr_list`,
 * routes as in the leaf lists.
 */

import type { Addr6 } from '../net/addr6.ts';
import type { PvdId } from '../net/pvd-id.ts';
import {
  type Address,
  type Neighbour,
  type Nexthop,
  neighbourKey,
  type Route,
  type Rule,
  type Snapshot,
} from '../state/snapshot.ts';
import { addrType, srcScope } from './addr-type.ts';
import { addrLabel, type LabelIndex, sortLabels } from './addrlabel.ts';
import { IFA_F_OPTIMISTIC } from './constants.ts';
import { fib6Change } from './fib6-leaf.ts';
import { compactNodes } from './fib6-memory.ts';
import { createFib6, type EntryWords, type Fib6, fib6Add, fib6Del } from './fib6-trie.ts';
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
}

export interface ModelState {
  readonly fib: Fib6;
  devices: ReadonlyMap<number, Device>;
  rules: readonly RuleIndex[];
  labels: readonly LabelIndex[];
  nexthops: ReadonlyMap<number, NexthopIndex>;
  /** Routes by the nexthop object they lead to. */
  readonly nexthopRoutes: Map<number, Set<Route>>;
  pvds: Snapshot['pvds'];
  hashSettings: HashSettings;
  /** Neighbour key → slot; slot 0 is "no gateway". */
  readonly neighSlots: Map<string, number>;
  /** `NUD_*` by slot; 0x100 marks "no entry". */
  nud: Uint16Array;
  readonly pvdSlots: Map<PvdId, number>;
  /** `all.forwarding == 0`: a host looks for reachable routers first. */
  isHost: boolean;
  /** Whether any address is optimistic (RFC 4429). */
  hasOptimistic: boolean;
}

/** Value of {@link ModelState.nud} for a gateway without neighbour entry. */
export const NO_NEIGH = 0x100;

/** Arranges a snapshot. Cost: linear in its size. */
export function createModelState(snapshot: Snapshot): ModelState {
  const state: ModelState = {
    fib: createFib6(snapshot.routes.size),
    devices: new Map(),
    rules: [],
    labels: [],
    nexthops: new Map(),
    nexthopRoutes: new Map(),
    pvds: snapshot.pvds,
    hashSettings: hashSettings(snapshot.sysctls),
    neighSlots: new Map(),
    nud: new Uint16Array(16).fill(NO_NEIGH),
    pvdSlots: new Map(),
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
  fib6Add(state.fib, route, entryWords(state, route));
  if (route.nhId === 0) return;
  const sharing = state.nexthopRoutes.get(route.nhId) ?? new Set();
  state.nexthopRoutes.set(route.nhId, sharing.add(route));
}

/** What an entry says of things outside the FIB. */
function entryWords(state: ModelState, route: Route): EntryWords {
  const neigh =
    route.gateway === '::' ? 0 : neighSlot(state, neighbourKey(route.oif, route.gateway));
  return { neigh, pvd: pvdSlot(state, route.attribution.pvd) };
}

/**
 * Replaces a route by one that differs in what may change while it stays where it is; returns
 * the old one, undefined when it is not there.
 */
export function changeRoute(state: ModelState, route: Route): Route | undefined {
  const old = fib6Change(state.fib, route, { pvd: pvdSlot(state, route.attribution.pvd) });
  const sharing = state.nexthopRoutes.get(route.nhId);
  if (old !== undefined && sharing?.delete(old)) sharing.add(route);
  return old;
}

/** Removes a route; false when it was not there. */
export function deleteRoute(state: ModelState, route: Route): boolean {
  for (const known of state.nexthopRoutes.get(route.nhId) ?? []) {
    if (known.id === route.id) state.nexthopRoutes.get(route.nhId)?.delete(known);
  }
  return fib6Del(state.fib, route);
}

/** Number of a PvD inside the state; 0 for none. */
export function pvdSlot(state: ModelState, pvd: PvdId | undefined): number {
  if (pvd === undefined) return 0;
  const known = state.pvdSlots.get(pvd);
  if (known !== undefined) return known;
  const slot = state.pvdSlots.size + 1;
  state.pvdSlots.set(pvd, slot);
  return slot;
}

function neighSlot(state: ModelState, key: string): number {
  const known = state.neighSlots.get(key);
  if (known !== undefined) return known;
  const slot = state.neighSlots.size + 1;
  if (slot >= state.nud.length) {
    const grown = new Uint16Array(2 * state.nud.length).fill(NO_NEIGH);
    grown.set(state.nud);
    state.nud = grown;
  }
  state.neighSlots.set(key, slot);
  return slot;
}

/** Takes over the state of one neighbour entry; `gone` removes it. */
export function updateNeighbour(state: ModelState, neighbour: Neighbour, gone = false): void {
  const slot = neighSlot(state, neighbourKey(neighbour.ifindex, neighbour.addr));
  state.nud[slot] = gone ? NO_NEIGH : neighbour.nudState & 0xff;
}

/** `NUD_*` of a neighbour, or {@link NO_NEIGH}. */
export function nudOf(state: ModelState, ifindex: number, addr: Addr6): number {
  const slot = state.neighSlots.get(neighbourKey(ifindex, addr));
  return slot === undefined ? NO_NEIGH : (state.nud[slot] ?? NO_NEIGH);
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
    neigh: nh.gateway === '::' ? 0 : neighSlot(state, neighbourKey(nh.oif, nh.gateway)),
    nhFlags: nh.nhFlags,
    isGroup: nh.isGroup,
    isBlackhole: nh.isBlackhole,
    isResilient: nh.isResilient,
    members,
    weights,
  });
  for (const nh of nexthops.values()) if (!nh.isGroup) index.set(nh.id, make(nh, [], []));
  for (const nh of nexthops.values()) {
    if (!nh.isGroup) continue;
    const known = nh.members.filter((m) => index.has(m.id));
    const members = known.map((m) => index.get(m.id) as NexthopIndex);
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
  });
}
