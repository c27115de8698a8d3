/**
 * From `ip` commands to a Snapshot: what the kernel makes of them, so that the same lines
 * set up a namespace and a model. Only what the case tables need is covered.
 *
 * Beyond `ip -6` syntax the lines may say: `dev A B…` (veths, their peers without IPv6),
 * `vrf NAME TABLE [SLAVE…]`, `sysctl KEY=VALUE`, `carrier A off`, and on addresses the
 * words `tentative`, `optimistic` and `temporary`; events are those of ip-event.ts.
 */

import type { Devconf } from '../../src/decode/event.ts';
import type { Exception } from '../../src/model/query.ts';
import { type Addr6, addr6 } from '../../src/net/addr6.ts';
import { prefix6 } from '../../src/net/prefix6.ts';
import {
  type Address,
  addressKey,
  type Label,
  type Link,
  type Neighbour,
  type Nexthop,
  neighbourKey,
  type Pvd,
  type Route,
  type Rule,
  type Snapshot,
} from '../../src/state/snapshot.ts';
import { CONF, LABELS } from './ip-defaults.ts';
import {
  maskOf,
  NONE,
  next,
  parseAddr,
  parseRoute,
  parseRule,
  peek,
  type Words,
  words,
} from './ip-words.ts';

const UP = 0x1;
const LOCAL = 0x8020_0000 | 0;
const ANYCAST = 0x30_0000;
export const NUD: Readonly<Record<string, number>> = {
  incomplete: 1,
  reachable: 2,
  stale: 4,
  delay: 8,
  probe: 16,
  failed: 32,
  noarp: 64,
  permanent: 128,
  none: 0,
};

/** The builder's own state; `links` and so on become the Snapshot. */
export interface IpState {
  readonly links: Map<number, Link>;
  readonly devconf: Map<number, Devconf>;
  readonly addresses: Map<string, Address>;
  readonly routes: Map<bigint, Route>;
  readonly rules: Rule[];
  readonly labels: Label[];
  readonly neighbours: Map<string, Neighbour>;
  readonly nexthops: Map<number, Nexthop>;
  readonly sysctls: Map<string, number>;
  /** Routes that were there and are gone, with what was there then. */
  readonly deleted: Route[];
  readonly exceptions: CaseException[];
  /** Prefixes of RAs, for rule 5.5. */
  readonly advertised: Pvd['prefixes'][number][];
  readonly habits: Habits;
  /** Time since set-up began. */
  nowNs: bigint;
  nextId: bigint;
  nextIndex: number;
}

/** A PMTU or redirect exception. */
export interface CaseException extends Exception {
  readonly daddr: Addr6;
}

/** How a kernel keeps its tables; the model does not ask, it sees what came of it. */
export interface Habits {
  /** `fib6_remove_prefsrc()` clears the source on routes of every device. */
  readonly prefsrcAnyDev: boolean;
  /** `ipv6_del_addr()` takes the prefix route of a dynamic address along. */
  readonly delDynCleanup: boolean;
  /** `net.ipv4.fib_multipath_hash_seed` is there, and used. */
  readonly hashSeed: boolean;
}

export const HABITS_NEW: Habits = { prefsrcAnyDev: true, delDynCleanup: true, hashSeed: true };

/** A namespace with `lo` up. */
export function createIpState(habits: Habits = HABITS_NEW): IpState {
  const state: IpState = {
    links: new Map(),
    devconf: new Map([
      [0, CONF],
      [-1, CONF],
    ]),
    addresses: new Map(),
    routes: new Map(),
    rules: [],
    labels: LABELS.map(([p, label]) => ({ prefix: prefix6(p), ifindex: 0, label })),
    neighbours: new Map(),
    nexthops: new Map(),
    sysctls: new Map(),
    deleted: [],
    exceptions: [],
    advertised: [],
    habits,
    nowNs: 0n,
    nextId: 1n,
    nextIndex: 1,
  };
  for (const text of ['pref 0 lookup local', 'pref 32766 lookup main']) addRule(state, words(text));
  addLink(state, 'lo', {});
  addAddr(state, words('::1/128 dev lo noprefixroute'));
  return state;
}

function addLink(state: IpState, name: string, more: Partial<Link>, at?: number): number {
  const ifindex = at ?? state.nextIndex++;
  state.links.set(ifindex, {
    ifindex,
    name,
    flags: 0x1043,
    mtu: 1500,
    mtu6: 1500,
    type: 1,
    lladdr: '',
    operstate: 6,
    carrier: true,
    master: 0,
    isL3Master: false,
    ...more,
  });
  state.devconf.set(ifindex, { ...(state.devconf.get(-1) ?? CONF) });
  return ifindex;
}

export function indexOf(state: IpState, name: string): number {
  for (const link of state.links.values()) if (link.name === name) return link.ifindex;
  return 0;
}

/** `NAME`, or `NAME=INDEX`. */
export function addVeth(state: IpState, word: string): void {
  const [name = '', index] = word.split('=');
  addLink(state, `p${name}`, { mtu6: 0 });
  const ifindex = addLink(state, name, {}, index === undefined ? undefined : Number(index));
  upLink(state, ifindex);
}

/** `addrconf_add_mroute()`, and the link-local address every device of a case has. */
function upLink(state: IpState, ifindex: number): void {
  const name = state.links.get(ifindex)?.name ?? '';
  addRoute(state, {
    dst: 'ff00::',
    dstLen: 8,
    oif: ifindex,
    metric: 256,
    type: 5,
    table: tableOf(state, ifindex, 255),
  });
  addAddr(state, words(`fe80::${name.toLowerCase().charCodeAt(0).toString(16)}/64 dev ${name}`));
}

export function tableOf(state: IpState, ifindex: number, otherwise: number): number {
  const link = state.links.get(ifindex);
  const vrf = link?.isL3Master ? link : state.links.get(link?.master ?? 0);
  return vrf?.isL3Master ? (vrf.l3mdevTable ?? otherwise) : otherwise;
}

export function addVrf(state: IpState, w: Words): void {
  const name = next(w);
  const table = Number(next(w));
  const ifindex = addLink(state, name, { isL3Master: true, l3mdevTable: table });
  addRule(state, words('pref 1000 l3mdev'));
  while (peek(w)) {
    addLink(state, `p${peek(w)}`, { mtu6: 0 });
    upLink(state, addLink(state, next(w), { master: ifindex }));
  }
}

export function setLink(state: IpState, ifindex: number, change: Partial<Link>): void {
  const link = state.links.get(ifindex);
  if (link !== undefined) state.links.set(ifindex, { ...link, ...change });
}

/** `fib6_ifdown()`: routes of the device go; multipath siblings elsewhere keep theirs as dead. */
export function downDevice(state: IpState, ifindex: number): void {
  for (const r of state.routes.values()) {
    if (r.oif !== ifindex) continue;
    const alive = [...state.routes.values()].some((o) => sameNode(o, r) && o.oif !== ifindex);
    if (alive && r.gateway !== '::') state.routes.set(r.id, { ...r, nhFlags: 17 });
    else state.routes.delete(r.id);
  }
  for (const [key, a] of state.addresses) if (a.ifindex === ifindex) state.addresses.delete(key);
}

export function applyLink(state: IpState, w: Words): void {
  next(w);
  if (peek(w) === 'dev') next(w);
  const ifindex = indexOf(state, next(w));
  if (next(w) === 'group') setLink(state, ifindex, { group: Number(next(w)) });
}

export function setSysctl(state: IpState, text: string): void {
  const [key = '', value = '0'] = text.split('=');
  const [, dir, name] = /^net\.ipv6\.conf\.([^.]+)\.(.+)$/.exec(key) ?? [];
  if (dir === undefined || name === undefined) {
    if (key.endsWith('hash_seed') && !state.habits.hashSeed) return;
    state.sysctls.set(key.replace(/^net\.ipv[46]\./, ''), Number(value));
    return;
  }
  const isProbe = name === 'router_probe_interval';
  const field = isProbe
    ? 'rtrProbeIntervalMs'
    : name.replace(/_(.)/g, (_, c: string) => c.toUpperCase());
  const copies = dir === 'all' && /^(forwarding|ignore_routes_with_linkdown)$/.test(name);
  const targets = copies
    ? [...state.devconf.keys()]
    : [dir === 'all' ? 0 : dir === 'default' ? -1 : indexOf(state, dir)];
  for (const target of targets) {
    const conf = state.devconf.get(target);
    if (conf !== undefined)
      state.devconf.set(target, { ...conf, [field]: Number(value) * (isProbe ? 1000 : 1) });
  }
  if (name === 'ignore_routes_with_linkdown') {
    for (const target of targets)
      if (state.links.get(target)?.carrier === false) setLink(state, target, { sharesStale: true });
  }
  if (name !== 'forwarding') return;
  for (const a of state.addresses.values()) joinAnycast(state, a);
  purgeDefaultRouters(state, value);
}

/** `rt6_purge_dflt_routers()`: a router forgets what it learned as a host. */
function purgeDefaultRouters(state: IpState, value: string): void {
  for (const r of state.routes.values()) {
    const conf = state.devconf.get(r.oif);
    if (value !== '0' && r.flags & 0x4_0000 && r.dstLen === 0 && conf?.acceptRa !== 2)
      state.routes.delete(r.id);
  }
}

/** `addrconf_join_anycast()`: the subnet-router address of a forwarding device. */
function joinAnycast(state: IpState, a: Address): void {
  if (a.prefixLen >= 127 || !state.devconf.get(a.ifindex)?.forwarding) return;
  const dst = maskOf(a.addr, a.prefixLen);
  const table = tableOf(state, a.ifindex, 255);
  for (const r of state.routes.values())
    if (r.type === 4 && r.dst === dst && r.oif === a.ifindex) return;
  addRoute(state, {
    dst,
    dstLen: 128,
    oif: a.ifindex,
    metric: 0,
    type: 4,
    flags: UP | ANYCAST,
    table,
  });
}

function until(state: IpState, lifetime: string): bigint | undefined {
  return lifetime === 'forever' ? undefined : state.nowNs + BigInt(lifetime) * 1_000_000_000n;
}

export function addAddr(state: IpState, w: Words): void {
  const { addr, len } = parseAddr(next(w));
  const said = new Set<string>();
  let ifindex = 0;
  let preferred = 'forever';
  let valid = 'forever';
  while (w.at < w.list.length) {
    const word = next(w);
    if (word === 'dev') ifindex = indexOf(state, next(w));
    else if (word === 'preferred_lft') preferred = next(w);
    else if (word === 'valid_lft') valid = next(w);
    else said.add(word);
  }
  const bit = (word: string, value: number): number => (said.has(word) ? value : 0);
  const isDynamic = said.has('dynamic') || valid !== 'forever';
  const flags =
    (isDynamic ? 0 : 0x80) |
    bit('home', 0x10) |
    bit('tentative', 0x40) |
    bit('optimistic', 0x44) |
    bit('temporary', 0x01) |
    bit('noprefixroute', 0x200) |
    (preferred === '0' ? 0x20 : 0);
  const address: Address = {
    addr,
    peer: addr6('::'),
    prefixLen: len,
    ifindex,
    flags,
    scope: 0,
    proto: 0,
    validUntil: until(state, valid),
    preferredUntil: until(state, preferred),
    attribution: NONE,
  };
  state.addresses.set(addressKey(ifindex, addr), address);
  if (!said.has('noprefixroute') && !said.has('temporary')) {
    addRoute(state, {
      dst: maskOf(addr, len),
      dstLen: len,
      oif: ifindex,
      metric: 256,
      table: tableOf(state, ifindex, 254),
      expiresNs: until(state, valid),
    });
  }
  if (said.has('mngtmpaddr') && (state.devconf.get(ifindex)?.useTempaddr ?? 0) > 0) {
    // ipv6_create_tempaddr(): the kernel rolls dice for the identifier, this is its stand-in.
    const temporary = maskOf(addr, 64).replace(/::$/, '::7e');
    addAddr(state, words(`${temporary}/64 dev ${state.links.get(ifindex)?.name} temporary`));
  }
  if (said.has('tentative')) return;
  addRoute(state, {
    dst: addr,
    dstLen: 128,
    oif: ifindex,
    metric: 0,
    type: 2,
    flags: UP | LOCAL,
    table: tableOf(state, ifindex, 255),
  });
  joinAnycast(state, address);
}

export function deleteAddr(state: IpState, w: Words): void {
  const { addr, len } = parseAddr(next(w));
  next(w);
  const ifindex = indexOf(state, next(w));
  const key = addressKey(ifindex, addr);
  const gone = state.addresses.get(key);
  state.addresses.delete(key);
  const dst = maskOf(addr, len);
  for (const r of state.routes.values()) {
    if (r.oif === ifindex && r.type === 2 && r.dst === addr) state.routes.delete(r.id);
    const anyDev = state.habits.prefsrcAnyDev || r.oif === ifindex;
    if (r.prefsrc === addr && anyDev) state.routes.set(r.id, { ...r, prefsrc: addr6('::') });
  }
  if (gone === undefined || !(gone.flags & 0x80 || state.habits.delDynCleanup)) return;
  // check_cleanup_prefix_route(): NOP, EXPIRE or DEL.
  const heirs = [...state.addresses.values()].filter(
    (a) => a.ifindex === ifindex && a.prefixLen === len && maskOf(a.addr, len) === dst,
  );
  if (heirs.some((a) => a.flags & 0x280)) return;
  const expiresNs = heirs.map((a) => a.validUntil ?? 0n).sort((a, b) => Number(b - a))[0];
  for (const r of state.routes.values()) {
    const isPrefix = r.type === 1 && r.metric === 256 && r.dst === dst && r.dstLen === len;
    if (r.oif !== ifindex || !isPrefix) continue;
    if (expiresNs === undefined) state.routes.delete(r.id);
    else state.routes.set(r.id, { ...r, expiresNs, flags: r.flags | 0x40_0000 });
  }
}

export function addRoute(state: IpState, route: Partial<Route> | { dst: string }): boolean {
  const full = {
    expiresNs: undefined,
    dst: addr6('::'),
    dstLen: 0,
    src: addr6('::'),
    srcLen: 0,
    prefsrc: addr6('::'),
    gateway: addr6('::'),
    table: 254,
    metric: 1024,
    flags: UP,
    nhId: 0,
    oif: 0,
    weight: 1,
    upperBound: 0,
    siblings: 0,
    type: 1,
    protocol: 2,
    nhFlags: 0,
    attribution: NONE,
    ...route,
    id: state.nextId++,
  } as Route & { flags: number };
  if (full.expiresNs !== undefined) full.flags |= 0x40_0000;
  // fib6_add_rt2node(): same node, metric, device and gateway make a duplicate.
  if (isDuplicate(state, full)) return false;
  state.routes.set(full.id, full);
  return true;
}

function isDuplicate(state: IpState, route: Route): boolean {
  for (const r of state.routes.values()) if (sameNode(r, route) && sameHop(r, route)) return true;
  return false;
}

function sameNode(a: Route, b: Route): boolean {
  return (
    a.table === b.table &&
    a.dst === b.dst &&
    a.dstLen === b.dstLen &&
    a.src === b.src &&
    a.srcLen === b.srcLen &&
    a.metric === b.metric
  );
}

function sameHop(a: Route, b: Route): boolean {
  return a.oif === b.oif && a.gateway === b.gateway && a.nhId === b.nhId;
}

export function applyRoute(state: IpState, verb: string, w: Words): void {
  const routes = parseRoute(w, (name) => indexOf(state, name));
  // ip6_route_multipath_add(): one duplicate takes the whole request back.
  if (routes.some((route) => route.nhId && !state.nexthops.has(route.nhId))) return;
  if (routes.length > 1 && routes.some((route) => isDuplicate(state, route as Route))) return;
  for (const route of routes) {
    if (verb !== 'del') addRoute(state, route);
    else
      for (const r of state.routes.values()) {
        if (!sameNode(r, route as Route) || !sameHop(r, route as Route)) continue;
        state.deleted.push(r);
        state.routes.delete(r.id);
      }
  }
}

export function addRule(state: IpState, w: Words): void {
  const rule = parseRule(w, (name) => indexOf(state, name), state.nextId++);
  if (state.rules.some((known) => isSameRule(known, rule))) return;
  state.rules.push(rule);
  state.rules.sort((a, b) => a.pref - b.pref);
}

const RULE_FIELDS = [
  'action',
  'table',
  'pref',
  'iifname',
  'oifname',
  'mark',
  'markMask',
  'suppressIfgroup',
  'suppressPrefixlen',
  'l3mdev',
  'ipProto',
  'protocol',
  'sportStart',
  'sportEnd',
  'dportStart',
  'dportEnd',
] as const;

/**
 * `rule_exists()`, `fib6_rule_compare()`: without prefix or dsfield a rule is the same as one that
 * has them, and neither `not` nor the target of a goto is compared.
 */
function isSameRule(known: Rule, rule: Rule): boolean {
  const anywhere = '::/0';
  return (
    RULE_FIELDS.every((field) => known[field] === rule[field]) &&
    known.uidRange?.start === rule.uidRange?.start &&
    known.uidRange?.end === rule.uidRange?.end &&
    (rule.src === anywhere || known.src === rule.src) &&
    (rule.dst === anywhere || known.dst === rule.dst) &&
    (rule.dscp === 0 || known.dscp === rule.dscp)
  );
}

export function addNeigh(state: IpState, w: Words): void {
  const addr = addr6(next(w));
  let ifindex = 0;
  let nudState = 0;
  while (w.at < w.list.length) {
    const word = next(w);
    const value = next(w);
    if (word === 'dev') ifindex = indexOf(state, value);
    else if (word === 'nud') nudState = NUD[value] ?? 0;
  }
  state.neighbours.set(neighbourKey(ifindex, addr), {
    addr,
    ifindex,
    nudState,
    isRouter: false,
    lladdr: '',
  });
}

export function addNexthop(state: IpState, w: Words): void {
  const nh = {
    id: 0,
    gateway: addr6('::'),
    oif: 0,
    nhFlags: 0,
    isGroup: false,
    isBlackhole: false,
    isResilient: false,
    members: [] as { id: number; weight: number }[],
  };
  while (w.at < w.list.length) {
    const word = next(w);
    if (word === 'id') nh.id = Number(next(w));
    else if (word === 'via') nh.gateway = addr6(next(w));
    else if (word === 'dev') nh.oif = indexOf(state, next(w));
    else if (word === 'blackhole') {
      nh.isBlackhole = true;
      nh.oif = 1;
    } else if (word === 'type') nh.isResilient = next(w) === 'resilient';
    else if (word === 'buckets') next(w);
    else if (word === 'group') {
      nh.isGroup = true;
      for (const member of next(w).split('/')) {
        const [id = '0', weight = '1'] = member.split(',');
        nh.members.push({ id: Number(id), weight: Number(weight) });
      }
    }
  }
  // rtm_to_nh_config(): "Carrier for nexthop device is down".
  if (state.links.get(nh.oif)?.carrier === false) return;
  if (nh.isGroup && nh.members.some((m) => !state.nexthops.has(m.id))) return;
  state.nexthops.set(nh.id, nh);
}

/** One PvD with what all RAs told; who told it is with each prefix. */
function pvdsOf({ advertised: prefixes }: IpState): Snapshot['pvds'] {
  if (prefixes.length === 0) return new Map();
  const id = 'ra.example' as Pvd['id'];
  return new Map([[id, { id, prefixes } as unknown as Pvd]]);
}

/** The Snapshot of everything said so far. */
export function toSnapshot(state: IpState): Snapshot {
  return {
    netnsCookie: 1n,
    name: '',
    inum: 0,
    tsNs: 0n,
    seeded: true,
    version: 1,
    pvds: pvdsOf(state),
    refused: {},
    links: state.links,
    devconf: state.devconf,
    addresses: state.addresses,
    routes: state.routes,
    rules: state.rules.length > 2 ? state.rules : [],
    labels: state.labels,
    neighbours: state.neighbours,
    nexthops: state.nexthops,
    sysctls: state.sysctls,
  };
}

/** Expands `P:` to the documentation prefix and drops comments and empty lines. */
export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) =>
      line
        .replace(/#.*/, '')
        .replace(/(^|\s)P:/g, '$12001:db8:')
        .trim(),
    )
    .filter((line) => line !== '');
}
