/**
 * The state of a snapshot as steps that make it again in a fresh network namespace: what a
 * lookup reads, frozen at one instant. Devices are veths with the same names and numbers.
 *
 * What no command can make as it was is either made of something that decides in the same
 * way, or named as a gap.
 */

import type { Instant } from '../net/instant.ts';
import type { Link, Neighbour, Nexthop, Snapshot } from '../state/snapshot.ts';
import { neighbourKey } from '../state/snapshot.ts';
import { addressCommands } from './address-commands.ts';
import {
  FIB_RULE_FIND_SADDR,
  NUD_FAILED,
  NUD_VALID,
  RT6_TABLE_LOCAL,
  RT6_TABLE_MAIN,
  RTNH_F_DEAD,
} from './constants.ts';
import { addRule, deviceName, type IpCommand, ipCommand } from './ip-command.ts';
import { isOver, routeCommands } from './route-commands.ts';

export type SetupStep =
  | ({ readonly step: 'run' } & IpCommand)
  /** Writes a sysctl; `path` is below /proc/sys/net. */
  | { readonly step: 'write'; readonly path: readonly string[]; readonly value: number }
  /** Waits until that many devices have their ff00::/8: addrconf has seen their carrier. */
  | { readonly step: 'settle-devices'; readonly count: number }
  /** Waits until that many addresses have their local route (`addrconf_dad_work()`). */
  | { readonly step: 'settle-addresses'; readonly count: number }
  /** Waits until the loss of the carrier was seen (linkwatch). */
  | { readonly step: 'carrier-lost'; readonly device: string };

export interface StateCommands {
  readonly steps: readonly SetupStep[];
  /** What is not as it was, one sentence each. */
  readonly gaps: readonly string[];
}

const NUD_INCOMPLETE = 0x01;
const LOOPBACK = 1;
const IFF_UP = 1;
/** Peers have numbers that no device of a snapshot has. */
const PEER_INDEX = 0x4000_0000;

/** `removed`: routes that were there before; a table may remember them. */
export function stateCommands(
  snapshot: Snapshot,
  atNs: Instant,
  removed: Snapshot['routes'] = new Map(),
): StateCommands {
  const gaps: string[] = [];
  const links = [...snapshot.links.values()].filter(({ ifindex }) => ifindex !== LOOPBACK);
  const all = new Map([...removed, ...snapshot.routes]);
  const routes = routeCommands({ ...snapshot, routes: all }, atNs);
  const addresses = addressCommands(snapshot, atNs, gaps);
  const gone = [...removed.values()].filter(({ id }) => !snapshot.routes.has(id));
  if (gone.length > 0) gaps.push('routes that were removed are added and removed again');
  if (snapshot.rules.some(({ frFlags }) => frFlags & FIB_RULE_FIND_SADDR)) {
    gaps.push('ip(8) has no word for a rule that asks for the source (FIB_RULE_FIND_SADDR)');
  }
  if ([...snapshot.nexthops.values()].some(({ isResilient }) => isResilient)) {
    gaps.push('buckets of resilient groups are as they come');
  }
  const expired = [...all.values()].filter((route) => isOver(route, atNs));
  if (expired.length > 0) gaps.push('routes whose lifetime was over are left out');
  const up = links.filter((link) => wasUp(snapshot, link));
  const isUpNow = new Set(up.map(({ ifindex }) => ifindex).concat(LOOPBACK));
  const steps: SetupStep[] = [
    ...settings(snapshot),
    ...links.flatMap((link) => makeLink(snapshot, link)),
    run(ipCommand('must', 'ip', 'link', 'set', 'dev', 'lo', 'up')),
    { step: 'settle-devices', count: up.filter(({ mtu6 }) => mtu6 !== 0).length },
    ...labels(snapshot),
    ...addresses.steps,
    { step: 'settle-addresses', count: 1 + addresses.on.filter((i) => isUpNow.has(i)).length },
    ...neighbours(snapshot),
    ...nexthops(snapshot),
    ...routes.add.map(run),
    ...gone.flatMap((route) => routes.remove(route)).map(run),
    ...rules(snapshot),
    ...links.flatMap((link) => loseLink(snapshot, link)),
  ];
  return { steps, gaps };
}

export function run(command: IpCommand): SetupStep {
  return { step: 'run', ...command };
}

function isUp({ flags }: Link): boolean {
  return (flags & IFF_UP) !== 0;
}

/** A sibling of a multipath route survives its device's end as dead (`fib6_ifdown()`). */
function wasUp({ routes }: Snapshot, link: Link): boolean {
  return isUp(link) || isDead(routes, link);
}

function isDead(routes: Snapshot['routes'], { ifindex }: Link): boolean {
  return [...routes.values()].some((r) => r.oif === ifindex && (r.nhFlags & RTNH_F_DEAD) !== 0);
}

/** Last of all: what is gone of a device that routes were made on. */
function loseLink(snapshot: Snapshot, link: Link): SetupStep[] {
  const device = deviceName(snapshot, link.ifindex);
  if (isDead(snapshot.routes, link)) {
    return [run(ipCommand('must', 'ip', 'link', 'set', 'dev', device, 'down'))];
  }
  if (!isUp(link) || link.carrier || link.isL3Master) return [];
  return [peer(link.ifindex, 'down'), { step: 'carrier-lost', device }];
}

function write(value: number, ...path: string[]): SetupStep {
  return { step: 'write', path, value };
}

const conf = (name: string, key: string, value: number): SetupStep =>
  write(value, 'ipv6', 'conf', name, key);

/** Nothing comes about by itself: no DAD, no RA, no link-local address. */
function settings({ devconf, sysctls }: Snapshot): SetupStep[] {
  const quiet = { accept_dad: 0, accept_ra: 0, addr_gen_mode: 1, router_solicitations: 0 };
  return [
    ...['all', 'default'].flatMap((name) =>
      Object.entries(quiet).map(([key, value]) => conf(name, key, value)),
    ),
    ...[...sysctls].flatMap(([name, value]) => {
      if (!name.startsWith('fib_multipath_hash_')) return [];
      if (name.endsWith('_seed')) return value === 0 ? [] : [write(value, 'ipv4', name)];
      return [write(value, 'ipv6', name)];
    }),
    ...((devconf.get(0)?.forwarding ?? 0) === 0 ? [] : [conf('all', 'forwarding', 1)]),
    conf('all', 'optimistic_dad', devconf.get(0)?.optimisticDad ?? 0),
    conf('all', 'use_optimistic', devconf.get(0)?.useOptimistic ?? 0),
  ];
}

/** A veth whose peer gives it its carrier, or a VRF; with the settings that lookups read. */
function makeLink(snapshot: Snapshot, link: Link): SetupStep[] {
  const { ifindex, group = 0, master, l3mdevTable = 0, isL3Master, mtu6 } = link;
  const name = deviceName(snapshot, ifindex);
  const add = ['ip', 'link', 'add', 'name', name, 'index', `${ifindex}`, 'type'];
  const set = (...words: string[]): SetupStep =>
    run(ipCommand('must', 'ip', 'link', 'set', 'dev', name, ...words));
  const steps: SetupStep[] = [];
  if (isL3Master) {
    steps.push(run(ipCommand('must', ...add, 'vrf', 'table', `${l3mdevTable}`)));
  } else {
    const end = ['peer', 'name', peerName(ifindex), 'index', `${PEER_INDEX + ifindex}`];
    steps.push(run(ipCommand('must', ...add, 'veth', ...end)));
    steps.push(conf(peerName(ifindex), 'disable_ipv6', 1));
    if (wasUp(snapshot, link)) steps.push(peer(ifindex, 'up'));
  }
  if (group !== 0) steps.push(set('group', `${group}`));
  if (snapshot.links.get(master)?.isL3Master) {
    steps.push(set('master', deviceName(snapshot, master)));
  }
  if (mtu6 === 0) steps.push(conf(name, 'disable_ipv6', 1));
  else steps.push(...linkSettings(snapshot, ifindex, name));
  if (wasUp(snapshot, link)) steps.push(set('up'));
  return steps;
}

function linkSettings({ devconf }: Snapshot, ifindex: number, name: string): SetupStep[] {
  const c = devconf.get(ifindex);
  if (c === undefined) return [];
  const read: [string, number][] = [
    ['forwarding', c.forwarding],
    ['ignore_routes_with_linkdown', c.ignoreRoutesWithLinkdown],
    ['use_oif_addrs_only', c.useOifAddrsOnly],
    ['use_tempaddr', c.useTempaddr],
    ['optimistic_dad', c.optimisticDad],
    ['use_optimistic', c.useOptimistic],
  ];
  return read.filter(([, value]) => value !== 0).map(([key, value]) => conf(name, key, value));
}

function peerName(ifindex: number): string {
  return `pvd-peer${ifindex}`;
}

function peer(ifindex: number, state: 'up' | 'down'): SetupStep {
  return run(ipCommand('must', 'ip', 'link', 'set', 'dev', peerName(ifindex), state));
}

/** Oldest first, as they came: of one prefix the newest counts (`__ip6addrlbl_add()`). */
function labels(snapshot: Snapshot): SetupStep[] {
  const add = ['ip', 'addrlabel', 'add', 'prefix'];
  return [
    run(ipCommand('must', 'ip', 'addrlabel', 'flush')),
    ...snapshot.labels.map(({ prefix, ifindex, label }) => {
      const device = ifindex === 0 ? [] : ['dev', deviceName(snapshot, ifindex)];
      return run(ipCommand('must', ...add, prefix, ...device, 'label', `${label}`));
    }),
  ];
}

/** Those that are somebody's next hop; the ways of being valid are one to a lookup. */
function neighbours(snapshot: Snapshot): SetupStep[] {
  const hops = [...snapshot.routes.values(), ...snapshot.nexthops.values()];
  const asked = new Set(hops.map(({ oif, gateway }) => neighbourKey(oif, gateway)));
  return [...snapshot.neighbours].flatMap(([key, neighbour]) => {
    if (!asked.has(key) || !snapshot.links.has(neighbour.ifindex)) return [];
    const nud = nudWords(neighbour);
    const where = [neighbour.addr, 'dev', deviceName(snapshot, neighbour.ifindex)];
    return [run(ipCommand('must', 'ip', '-6', 'neigh', 'replace', ...where, ...nud))];
  });
}

function nudWords({ nudState }: Neighbour): string[] {
  if (nudState & NUD_VALID) return ['lladdr', '02:00:00:00:00:01', 'nud', 'permanent'];
  if (nudState & NUD_FAILED) return ['nud', 'failed'];
  return ['nud', nudState & NUD_INCOMPLETE ? 'incomplete' : 'none'];
}

/** Groups after what they consist of. */
function nexthops(snapshot: Snapshot): SetupStep[] {
  const all = [...snapshot.nexthops.values()];
  const add = ({ id }: Nexthop, family: string[], ...words: string[]): SetupStep =>
    run(ipCommand('must', 'ip', ...family, 'nexthop', 'add', 'id', `${id}`, ...words));
  return [
    ...all.flatMap((nh) => {
      if (nh.isGroup) return [];
      if (nh.isBlackhole) return [add(nh, ['-6'], 'blackhole')];
      const via = nh.gateway === '::' ? [] : ['via', nh.gateway];
      return [add(nh, ['-6'], ...via, 'dev', deviceName(snapshot, nh.oif))];
    }),
    ...all.flatMap((nh) => {
      if (!nh.isGroup) return [];
      const members = nh.members.map(({ id, weight }) => `${id},${weight}`).join('/');
      const type = nh.isResilient ? ['type', 'resilient', 'buckets', '32'] : [];
      return [add(nh, [], 'group', members, ...type)];
    }),
  ];
}

/** A fresh namespace has two, and adds one with the first VRF (`vrf_fib_rule()`). */
function rules({ rules: all }: Snapshot): SetupStep[] {
  if (all.length === 0) return [];
  const isFirst = (rule: Snapshot['rules'][number], pref: number, table: number): boolean =>
    rule.pref === pref && rule.table === table && rule.src === '::/0' && rule.dst === '::/0';
  const local = all.find((rule) => isFirst(rule, 0, RT6_TABLE_LOCAL));
  const main = all.find((rule) => isFirst(rule, 32_766, RT6_TABLE_MAIN));
  if (all.length === 2 && local && main) return [];
  const drop = (pref: number): SetupStep =>
    run(ipCommand('until-fails', 'ip', '-6', 'rule', 'del', 'pref', `${pref}`));
  return [
    ...(local ? [] : [drop(0)]),
    drop(1000),
    drop(32_766),
    ...all.filter((rule) => rule !== local).map((rule) => run(addRule(rule))),
  ];
}
