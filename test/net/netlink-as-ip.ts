/** Events as `ip -j -N -d` prints the objects, field by field, so that the two compare. */

import type {
  AddrEvent,
  LabelEvent,
  LinkEvent,
  NeighEvent,
  NexthopEvent,
  RouteEvent,
  RuleEvent,
} from '../../src/decode/event.ts';
import { INFINITY_SEC } from '../../src/net/instant.ts';

export type Names = ReadonlyMap<number, string>;
type Json = Record<string, unknown>;

/** Without the fields that are undefined. */
function defined(fields: Json): Json {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

const present = (is: boolean): null | undefined => (is ? null : undefined);
const isTrue = (is: boolean): true | undefined => (is ? true : undefined);
const hex = (value: number): string => `0x${value.toString(16)}`;

function ports(prefix: string, start: number, end: number): Json {
  if (start === 0 && end === 0) return {};
  if (start === end) return { [prefix]: start };
  return { [`${prefix}_start`]: start, [`${prefix}_end`]: end };
}

const FR_ACT_TO_TBL = 1;
const FR_ACT_GOTO = 2;
const FR_ACT_NOP = 3;

export function ruleAsIp(rule: RuleEvent): Json {
  const { frFlags, action } = rule;
  return defined({
    priority: rule.pref,
    not: present((frFlags & 0x2) !== 0),
    src: rule.srcLen === 0 ? 'all' : rule.src,
    srclen: rule.srcLen === 0 || rule.srcLen === 128 ? undefined : rule.srcLen,
    dst: rule.dstLen === 0 ? undefined : rule.dst,
    dstlen: rule.dstLen === 0 || rule.dstLen === 128 ? undefined : rule.dstLen,
    tos: rule.dscp === 0 ? undefined : hex(rule.dscp),
    fwmark: rule.mark === 0 && rule.markMask === 0 ? undefined : hex(rule.mark),
    fwmask: rule.markMask === 0 || rule.markMask === 0xffffffff ? undefined : hex(rule.markMask),
    iif: rule.iifname === '' ? undefined : rule.iifname,
    iif_detached: present(rule.iif === -1),
    oif: rule.oifname === '' ? undefined : rule.oifname,
    oif_detached: present(rule.oif === -1),
    l3mdev: present(rule.l3mdev),
    uid_start: rule.uidRange?.start,
    uid_end: rule.uidRange?.end,
    ipproto: rule.ipProto === 0 ? undefined : `ipproto-${rule.ipProto}`,
    ...ports('sport', rule.sportStart, rule.sportEnd),
    ...ports('dport', rule.dportStart, rule.dportEnd),
    table: action === FR_ACT_TO_TBL && !rule.l3mdev ? `${rule.table}` : undefined,
    suppress_prefixlen: rule.suppressPrefixlen === -1 ? undefined : rule.suppressPrefixlen,
    suppress_ifgroup: rule.suppressIfgroup === -1 ? undefined : `${rule.suppressIfgroup}`,
    goto: action === FR_ACT_GOTO ? rule.gotoTarget : undefined,
    unresolved: present((frFlags & 0x4) !== 0),
    nop: present(action === FR_ACT_NOP),
    action: action > FR_ACT_NOP ? `${action}` : undefined,
    protocol: `${rule.protocol}`,
  });
}

const SCOPE: ReadonlyMap<number, string> = new Map([
  [0, '0'],
  [0x10, '254'],
  [0x20, '253'],
  [0x40, '200'],
]);

/** `nowNs` is when ip(8) looked: it prints what is left of a lifetime. */
export function addrAsIp(addr: AddrEvent, nowNs: bigint): Json {
  const has = (flag: number): true | undefined => isTrue((addr.flags & flag) !== 0);
  const ageSec = Number((nowNs - addr.tstampNs) / 1_000_000_000n);
  const left = (sec: number): number =>
    sec === INFINITY_SEC ? sec : Math.max(0, sec - (sec === 0 ? 0 : ageSec));
  return defined({
    family: 'inet6',
    local: addr.addr,
    address: addr.peer === '::' ? undefined : addr.peer,
    prefixlen: addr.prefixLen,
    metric: addr.rtPriority === 0 ? undefined : addr.rtPriority,
    scope: SCOPE.get(addr.scope),
    temporary: has(0x01),
    nodad: has(0x02),
    optimistic: has(0x04),
    dadfailed: has(0x08),
    home: has(0x10),
    deprecated: has(0x20),
    tentative: has(0x40),
    dynamic: isTrue((addr.flags & 0x80) === 0),
    mngtmpaddr: has(0x100),
    noprefixroute: has(0x200),
    valid_life_time: left(addr.validLftSec),
    preferred_life_time: left(addr.preferredLftSec),
  });
}

const NUD: readonly [number, string][] = [
  [0x01, 'INCOMPLETE'],
  [0x02, 'REACHABLE'],
  [0x04, 'STALE'],
  [0x08, 'DELAY'],
  [0x10, 'PROBE'],
  [0x20, 'FAILED'],
  [0x40, 'NOARP'],
  [0x80, 'PERMANENT'],
];

export function neighAsIp(neigh: NeighEvent, names: Names): Json {
  return defined({
    dst: neigh.addr,
    dev: names.get(neigh.ifindex),
    lladdr: neigh.lladdr === '' ? undefined : neigh.lladdr,
    router: present((neigh.ntfFlags & 0x80) !== 0),
    extern_learn: present((neigh.ntfFlags & 0x10) !== 0),
    state: NUD.filter(([bit]) => (neigh.nudState & bit) !== 0).map(([, name]) => name),
  });
}

export function labelAsIp(label: LabelEvent, names: Names): Json {
  return defined({
    address: label.prefix,
    prefixlen: label.prefixLen,
    ifname: label.ifindex === 0 ? undefined : names.get(label.ifindex),
    label: label.label,
  });
}

function hopFlags(flags: number): string[] {
  return [
    ...((flags & 0x1) === 0 ? [] : ['dead']),
    ...((flags & 0x4) === 0 ? [] : ['onlink']),
    ...((flags & 0x10) === 0 ? [] : ['linkdown']),
  ];
}

export function nexthopAsIp(nexthop: NexthopEvent, names: Names): Json {
  const group = nexthop.members.map(({ id, weight }) => (weight === 1 ? { id } : { id, weight }));
  return defined({
    id: nexthop.id,
    group: nexthop.isGroup ? group : undefined,
    type: nexthop.isResilient ? 'resilient' : undefined,
    gateway: nexthop.gatewayFamily === 0 ? undefined : nexthop.gateway,
    // rtnetlink does not tell where a blackhole stands.
    dev: nexthop.oif === 0 || nexthop.isBlackhole ? undefined : names.get(nexthop.oif),
    blackhole: present(nexthop.isBlackhole),
    fdb: present(nexthop.isFdb),
    protocol: `${nexthop.protocol}`,
    flags: hopFlags(nexthop.nhFlags),
  });
}

const PREF: readonly string[] = ['medium', 'high', '', 'low'];

function prefix(addr: string, len: number): string {
  if (len === 0) return 'default';
  return len === 128 ? addr : `${addr}/${len}`;
}

/** The siblings of one multipath route are one object to ip(8). */
export function routeAsIp(siblings: readonly RouteEvent[], names: Names): Json {
  const [first] = siblings;
  if (first === undefined) return {};
  const { entry } = first;
  const gateway = (via: string): string | undefined => (via === '::' ? undefined : via);
  const isOne = siblings.length === 1 && entry.nhId === 0;
  return defined({
    type: `${entry.type}`,
    dst: prefix(entry.dst, entry.dstLen),
    from: entry.srcLen === 0 ? undefined : prefix(entry.src, entry.srcLen),
    nhid: entry.nhId === 0 ? undefined : entry.nhId,
    gateway: isOne ? gateway(entry.gateway) : undefined,
    dev: isOne ? names.get(entry.oif) : undefined,
    table: `${entry.table}`,
    protocol: `${entry.protocol}`,
    scope: '0',
    prefsrc: gateway(entry.prefsrc),
    metric: entry.metric,
    flags: isOne ? hopFlags(entry.nhFlags) : [],
    expires: entry.expiresNs === undefined ? undefined : 'yes',
    pref: PREF[(entry.flags >>> 27) & 3],
    nexthops:
      siblings.length === 1
        ? undefined
        : siblings.map(({ entry: { gateway: via, oif, weight, nhFlags } }) =>
            defined({
              gateway: gateway(via),
              dev: names.get(oif),
              weight,
              flags: hopFlags(nhFlags),
            }),
          ),
  });
}

const OPERSTATE: readonly string[] = [
  'UNKNOWN',
  'NOTPRESENT',
  'DOWN',
  'LOWERLAYERDOWN',
  'TESTING',
  'DORMANT',
  'UP',
];
const IFF: readonly [number, string][] = [
  [0x1, 'UP'],
  [0x2, 'BROADCAST'],
  [0x8, 'LOOPBACK'],
  [0x10, 'POINTOPOINT'],
  [0x80, 'NOARP'],
  [0x400, 'MASTER'],
  [0x1000, 'MULTICAST'],
];

export function linkAsIp(link: LinkEvent, names: Names): Json {
  return defined({
    ifindex: link.ifindex,
    ifname: link.name,
    master: names.get(link.master),
    flags: IFF.filter(([bit]) => (link.flags & bit) !== 0).map(([, name]) => name),
    mtu: link.mtu,
    operstate: OPERSTATE[link.operstate],
    address: link.lladdr,
    isVrf: link.isL3Master,
  });
}
