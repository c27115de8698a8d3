/** Parsers for the words of `ip -6` commands, as far as the case tables use them. */

import { type Addr6, addr6 } from '../../src/net/addr6.ts';
import { maskAddr6, type Prefix6, parsePrefix6, prefix6 } from '../../src/net/prefix6.ts';
import { blankRule } from '../../src/state/rules.ts';
import type { Address, Label, Route, Rule } from '../../src/state/snapshot.ts';

export const NONE: Address['attribution'] = { pvd: undefined, reason: 'static', ra: undefined };
const TYPES: Readonly<Record<string, number>> = {
  unicast: 1,
  local: 2,
  anycast: 4,
  multicast: 5,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
  throw: 9,
};
export const PREF: Readonly<Record<string, number>> = { low: 3, medium: 0, high: 1, invalid: 0 };
const RTF_UP = 0x1;
const RTF_GATEWAY_FREE_REJECT = 0x200 | 0x20_0000;

/** Words of a command, consumed left to right. */
export interface Words {
  readonly list: readonly string[];
  at: number;
}

export function words(text: string): Words {
  return { list: text.trim().split(/\s+/), at: 0 };
}

export function next(w: Words): string {
  const word = w.list[w.at++];
  if (word === undefined) throw new Error(`word missing after: ${w.list.join(' ')}`);
  return word;
}

export function peek(w: Words): string | undefined {
  return w.list[w.at];
}

/** `default`, an address or a prefix. */
export function prefixOf(text: string): Prefix6 {
  if (text === 'default' || text === 'all') return prefix6('::/0');
  return text.includes('/') ? prefix6(text) : prefix6(`${text}/128`);
}

export type IndexOf = (name: string) => number;

/** A route without identity. Several `nexthop` words give several routes. */
export function parseRoute(w: Words, indexOf: IndexOf): Omit<Route, 'id'>[] {
  let type = 1;
  if (TYPES[peek(w) ?? ''] !== undefined) type = TYPES[next(w)] ?? 1;
  const dst = prefixOf(next(w));
  const route = {
    expiresNs: undefined as bigint | undefined,
    ...split('dst', dst),
    ...split('src', prefix6('::/0')),
    prefsrc: addr6('::'),
    gateway: addr6('::'),
    table: type === 2 || type === 4 ? 255 : 254,
    metric: 1024,
    flags: RTF_UP,
    nhId: 0,
    oif: 0,
    weight: 1,
    upperBound: 0,
    siblings: 0,
    type,
    protocol: 3,
    nhFlags: 0,
    attribution: NONE,
  };
  const hops: { gateway: Addr6; oif: number; weight: number }[] = [];
  while (w.at < w.list.length) {
    const word = next(w);
    if (word === 'via') route.gateway = addr6(next(w));
    else if (word === 'dev') route.oif = indexOf(next(w));
    else if (word === 'metric') route.metric = Number(next(w)) || 1024;
    else if (word === 'table') route.table = Number(next(w));
    else if (word === 'from') Object.assign(route, split('src', prefixOf(next(w))));
    else if (word === 'src') route.prefsrc = addr6(next(w));
    else if (word === 'pref') route.flags |= (PREF[next(w)] ?? 0) << 27;
    else if (word === 'proto') route.protocol = next(w) === 'ra' ? 9 : 3;
    else if (word === 'nhid') route.nhId = Number(next(w));
    else if (word === 'expires') {
      route.expiresNs = BigInt(next(w).replace('s', '')) * 1_000_000_000n;
      route.flags |= 0x40_0000;
    } else if (word === 'nexthop')
      hops.push({ gateway: addr6('::'), oif: 0, weight: 1, ...hop(w, indexOf) });
    else throw new Error(`unknown word in route: ${word}`);
  }
  if (type >= 6 || (route.oif === 1 && type === 1 && !/^::1$/.test(route.dst))) {
    // ip6_route_info_create(): rejects, and unicast through lo, are bound to lo.
    route.flags |= RTF_GATEWAY_FREE_REJECT;
    if (type >= 6) route.oif = 1;
  }
  if (type === 2) route.flags |= 0x8000_0000 | 0x20_0000;
  if (hops.length === 0) return [route];
  return hops.map((one) => ({ ...route, ...one }));
}

function hop(w: Words, indexOf: IndexOf): { gateway?: Addr6; oif?: number; weight?: number } {
  const out: { gateway?: Addr6; oif?: number; weight?: number } = {};
  for (;;) {
    const word = peek(w);
    if (word === 'via') {
      w.at++;
      out.gateway = addr6(next(w));
    } else if (word === 'dev') {
      w.at++;
      out.oif = indexOf(next(w));
    } else if (word === 'weight') {
      w.at++;
      out.weight = Number(next(w));
    } else return out;
  }
}

function split<K extends 'dst' | 'src'>(
  key: K,
  prefix: Prefix6,
): Record<K, Addr6> & Record<`${K}Len`, number> {
  const [addr = '::', len = '0'] = prefix.split('/');
  return { [key]: addr, [`${key}Len`]: Number(len) } as Record<K, Addr6> &
    Record<`${K}Len`, number>;
}

const ACTIONS: Readonly<Record<string, number>> = {
  nop: 3,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
};
const TABLES: Readonly<Record<string, number>> = { local: 255, main: 254 };

/** A policy rule. */
export function parseRule(w: Words, indexOf: IndexOf, id: bigint): Rule {
  const rule: { -readonly [K in keyof Rule]: Rule[K] } = { ...blankRule(id, 0), table: 254 };
  const range = (text: string): [number, number] => {
    const [a = '0', b = a] = text.split('-');
    return [Number(a), Number(b)];
  };
  while (w.at < w.list.length) {
    const word = next(w);
    if (word === 'pref') rule.pref = Number(next(w));
    else if (word === 'not') rule.frFlags |= 2;
    else if (word === 'find_saddr') rule.frFlags |= 0x10000;
    else if (word === 'from') rule.src = prefixOf(next(w));
    else if (word === 'to') rule.dst = prefixOf(next(w));
    else if (word === 'iif') {
      rule.iifname = next(w);
      rule.iif = indexOf(rule.iifname) || -1;
    } else if (word === 'oif') {
      rule.oifname = next(w);
      rule.oif = indexOf(rule.oifname) || -1;
    } else if (word === 'fwmark') {
      const [mark = '0', mask = '0xffffffff'] = next(w).split('/');
      rule.mark = Number(mark);
      rule.markMask = Number(mask) | 0;
    } else if (word === 'lookup' || word === 'table') {
      const table = next(w);
      rule.table = TABLES[table] ?? Number(table);
    } else if (word === 'suppress_prefixlength') rule.suppressPrefixlen = Number(next(w));
    else if (word === 'suppress_ifgroup') rule.suppressIfgroup = Number(next(w));
    else if (word === 'uidrange') {
      const [start, end] = range(next(w));
      rule.uidRange = { start, end };
    } else if (word === 'sport') [rule.sportStart, rule.sportEnd] = range(next(w));
    else if (word === 'dport') [rule.dportStart, rule.dportEnd] = range(next(w));
    else if (word === 'ipproto') rule.ipProto = Number(next(w));
    else if (word === 'tos') rule.dscp = Number(next(w));
    else if (word === 'l3mdev') {
      rule.l3mdev = true;
      rule.table = 0;
    } else if (word === 'goto') {
      rule.action = 2;
      rule.gotoTarget = Number(next(w));
    } else if (ACTIONS[word] !== undefined) rule.action = ACTIONS[word] ?? 1;
    else throw new Error(`unknown word in rule: ${word}`);
  }
  return rule;
}

/** `addrlabel add prefix P [dev D] label N`. */
export function parseLabel(w: Words, indexOf: IndexOf): Label {
  let prefix = prefix6('::/0');
  let ifindex = 0;
  let label = 0;
  while (w.at < w.list.length) {
    const word = next(w);
    if (word === 'prefix') prefix = prefixOf(next(w));
    else if (word === 'dev') ifindex = indexOf(next(w));
    else if (word === 'label') label = Number(next(w));
    else throw new Error(`unknown word in label: ${word}`);
  }
  return { prefix, ifindex, label };
}

/** An address with its prefix length; undefined words are flags. */
export function parseAddr(text: string): { addr: Addr6; len: number } {
  const [addr = '', len = '128'] = text.split('/');
  return { addr: addr6(addr), len: Number(len) };
}

export function maskOf(addr: Addr6, len: number): Addr6 {
  return maskAddr6(addr, len);
}

export { parsePrefix6 };
