/** The state of a namespace without BPF: netlink dumps, and what /proc adds to them. */

import { readFileSync } from 'node:fs';
import { bootTimeNs, inNetns, netnsCookieOf } from '../../agent/libbpf/libc.ts';
import { openRouteSocket } from '../../agent/libbpf/netlink-socket.ts';
import { nested, parseAttributes, text, u32 } from '../../agent/netlink/attributes.ts';
import { stableDump } from '../../agent/netlink/dump.ts';
import { dumpNetns } from '../../agent/netlink/dump-netns.ts';
import { LINK_DUMP } from '../../agent/netlink/link.ts';
import type { Fib6Entry } from '../../src/decode/event.ts';
import { addr6FromBytes } from '../../src/net/addr6.ts';
import { NS_PER_SEC } from '../../src/net/instant.ts';
import { applyEvent } from '../../src/state/apply.ts';
import type { Change, ChangeOp } from '../../src/state/change.ts';
import type { Address, Route, Snapshot } from '../../src/state/snapshot.ts';
import { createWorld, snapshotOf } from '../../src/state/world.ts';
import type { Settings } from '../case/ra-lines.ts';

const IFINFOMSG_BYTES = 16;
const IFLA_IFNAME = 3;
const IFLA_AF_SPEC = 26;
const AF_INET6 = 10;
const IFLA_INET6_FLAGS = 1;
const IF_RA_OTHERCONF = 0x80;
const IF_RA_MANAGED = 0x40;

export async function readState(fd: number): Promise<Snapshot> {
  const cookie = netnsCookieOf(fd);
  const netns = { fd, cookie, inum: 0, name: 'host' };
  const world = createWorld();
  const flags = inNetns(fd, routeFlags);
  const names = new Map<number, string>();
  for await (const item of dumpNetns({ netns, now: bootTimeNs })) {
    if (item instanceof Uint8Array) throw new Error('a record of the iterator');
    if (item.kind === 'link') names.set(item.ifindex, item.name);
    if (item.kind !== 'route') applyEvent(world, item);
    else applyEvent(world, { ...item, entry: withFlags(item.entry, flags, names) });
  }
  const snapshot = snapshotOf(world, cookie);
  if (snapshot === undefined) throw new Error('nothing was dumped');
  return snapshot;
}

type Names = ReadonlyMap<number, string>;
type Flags = ReadonlyMap<string, number>;

/** /proc/net/ipv6_route: the one place where the flags of a route are told (rt6_info_route()). */
function routeFlags(): Flags {
  const addr = (hex: string): string => addr6FromBytes(Buffer.from(hex, 'hex'));
  const number = (hex: string): number => Number.parseInt(hex, 16);
  const out = new Map<string, number>();
  for (const line of readFileSync('/proc/thread-self/net/ipv6_route', 'utf8').split('\n')) {
    const [dst = '', len = '', , , via = '', metric = '', , , flags = '', dev] = line.split(/\s+/);
    if (dev === undefined) continue;
    out.set(`${addr(dst)}/${number(len)} ${addr(via)} ${number(metric)} ${dev}`, number(flags));
  }
  return out;
}

function withFlags(entry: Fib6Entry, flags: Flags, names: Names): Fib6Entry {
  const { dst, dstLen, gateway, metric, oif } = entry;
  const known = flags.get(`${dst}/${dstLen} ${gateway} ${metric} ${names.get(oif)}`);
  return known === undefined ? entry : { ...entry, flags: known };
}

/** What the replica does not hold, by interface: timers from the sysctls, M and O from netlink. */
export async function readSettings(fd: number, snapshot: Snapshot): Promise<Map<string, Settings>> {
  const source = { open: () => openRouteSocket(fd), now: bootTimeNs };
  const { batches } = await stableDump(source, LINK_DUMP);
  const raFlags = new Map<string, number>();
  for (const { payload } of batches.flatMap(({ messages }) => messages)) {
    const attributes = parseAttributes(payload, IFINFOMSG_BYTES);
    const inet6 = nested(nested(attributes, IFLA_AF_SPEC), AF_INET6);
    raFlags.set(text(attributes, IFLA_IFNAME) ?? '', u32(inet6, IFLA_INET6_FLAGS) ?? 0);
  }
  const out = new Map<string, Settings>();
  inNetns(fd, () => {
    for (const { ifindex, name } of snapshot.links.values()) {
      const conf = snapshot.devconf.get(ifindex);
      const bits = raFlags.get(name) ?? 0;
      out.set(name, {
        hopLimit: conf?.hopLimit ?? 0,
        mtu6: conf?.mtu6 ?? 0,
        retransMs: neighSysctl(name, 'retrans_time_ms'),
        reachableMs: neighSysctl(name, 'base_reachable_time_ms'),
        managed: (bits & IF_RA_MANAGED) !== 0,
        other: (bits & IF_RA_OTHERCONF) !== 0,
      });
    }
  });
  return out;
}

function neighSysctl(ifname: string, name: string): number {
  return Number(readFileSync(`/proc/sys/net/ipv6/neigh/${ifname}/${name}`, 'utf8'));
}

/** Ids of routes are those of one dump: what is gone gets one that no other has. */
const GONE = 1n << 40n;

/** What differs between two dumps of one interface, as the hooks would have told it. */
export function changesBetween(
  before: Snapshot,
  after: Snapshot,
  ifindex: number,
  slackSec: number,
): Change[] {
  const { netnsCookie } = after;
  const out: Change[] = [];
  const say = (op: ChangeOp, value: Address | Route): void => {
    if ('addr' in value) out.push({ netnsCookie, object: 'address', op, key: value.addr, value });
    else out.push({ netnsCookie, object: 'route', op, key: `${value.id}`, value });
  };
  const slackNs = BigInt(slackSec) * NS_PER_SEC;
  const addresses = [before, after].map((s) =>
    keyed(
      s.addresses.values(),
      (a) => a.ifindex === ifindex,
      (a) => a.addr,
    ),
  );
  const routes = [before, after].map((s) =>
    keyed(s.routes.values(), (r) => r.oif === ifindex, routeKey),
  );
  compare(addresses[0], addresses[1], (a, b) => isNear(a.validUntil, b.validUntil, slackNs), say);
  compare(
    routes[0],
    routes[1],
    (a, b) => a.flags === b.flags && isNear(a.expiresNs, b.expiresNs, slackNs),
    (op, value) => say(op, op === 'del' ? { ...value, id: value.id + GONE } : value),
  );
  return out;
}

function routeKey({ table, dst, dstLen, gateway, metric, type }: Route): string {
  return `${table} ${dst}/${dstLen} ${gateway} ${metric} ${type}`;
}

function keyed<T>(
  values: Iterable<T>,
  wanted: (value: T) => boolean,
  keyOf: (value: T) => string,
): Map<string, T> {
  const out = new Map<string, T>();
  for (const value of values) if (wanted(value)) out.set(keyOf(value), value);
  return out;
}

function compare<T>(
  before: ReadonlyMap<string, T> = new Map(),
  after: ReadonlyMap<string, T> = new Map(),
  same: (a: T, b: T) => boolean,
  say: (op: ChangeOp, value: T) => void,
): void {
  for (const [key, value] of after) {
    const old = before.get(key);
    if (old === undefined) say('new', value);
    else if (!same(old, value)) say('change', value);
  }
  for (const [key, value] of before) if (!after.has(key)) say('del', value);
}

function isNear(a: bigint | undefined, b: bigint | undefined, slackNs: bigint): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a - b <= slackNs && b - a <= slackNs;
}
