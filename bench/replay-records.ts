/** Records of a busy host: a netns with a thousand routes, and decisions made with them. */

import type {
  AddrEvent,
  EventHeader,
  FlowEvent,
  KernelEvent,
  LinkEvent,
  LookupEvent,
  Op,
  RouteEvent,
  SaddrEvent,
} from '../src/decode/event.ts';
import { bareHeader } from '../src/decode/record/header.ts';
import { encodeRecord } from '../src/decode/record.ts';
import { QUIRKS_NEW } from '../src/model/profile.ts';
import { type Addr6, ANY6, addr6 } from '../src/net/addr6.ts';
import type { Address, Link, Route } from '../src/state/snapshot.ts';
import { internetRoutes, internetSnapshot } from './model-routes.ts';

type Known = Exclude<KernelEvent, { readonly kind: 'unknown' }>;

const ROUTES = 1000;
const NETNS_COOKIE = 1n;
const TASK = { pid: 4242, tgid: 4200, comm: 'resolver', cgroupId: 77n };
const STAMPS = {
  fib6Sernum: 1,
  addrGenid: 1,
  devBaseSeq: 1,
  rtEntries: ROUTES,
  rtCache: 0,
  allForwarding: 0,
};
const SOCK = {
  cookie: 9n,
  mark: 0,
  boundDevIf: 0,
  family: 10,
  type: 1,
  protocol: 6,
  state: 2,
  srcprefs: 0,
};

/** Addresses in the kernel's memory, as entries have them for ids. */
const FIRST_ID = 0xffff_8881_0000_0000n;
const routes = internetRoutes(ROUTES).map((route) => ({ ...route, id: FIRST_ID + route.id }));

/** What the agent writes before the first decision: its start, a namespace, the dump of it. */
export function seedRecords(): Uint8Array[] {
  const { links, addresses } = internetSnapshot(routes);
  const info = {
    version: '0.0.0',
    host: 'bench',
    bootId: 'bench',
    kernel: '6.12.0',
    hz: 250,
    realtimeOffsetNs: '0',
    hooks: [],
    quirks: { ...QUIRKS_NEW },
  };
  const events: Known[] = [
    { ...header('none', 0n), kind: 'agent-start', info } as Known,
    { ...header('new'), kind: 'agent-netns', name: 'bench', inum: 1 },
    { ...header('begin'), kind: 'dump-begin', missing: [] } as Known,
    ...[...links.values()].map(linkEvent),
    ...[...addresses.values()].map(addressEvent),
    ...routes.map((route) => routeEvent(route, 'dump')),
    { ...header('end'), kind: 'dump-end', missing: [] } as Known,
  ];
  return events.map(encodeRecord);
}

/** For every route a lookup by itself and a flow of a socket: four records, two decisions. */
export function decisionRecords(): Uint8Array[] {
  return routes.flatMap((route, i) => decisions(route, BigInt(i + 1))).map(encodeRecord);
}

/** Every route deleted and added again. */
export function changeRecords(): Uint8Array[] {
  return routes
    .flatMap((route) => [routeEvent(route, 'del'), routeEvent(route, 'new')])
    .map(encodeRecord);
}

function header(op: Op, netnsCookie: bigint = NETNS_COOKIE): EventHeader {
  return bareHeader(1n, netnsCookie, op);
}

function linkEvent(link: Link): LinkEvent {
  const { group = 0, l3mdevTable = 0 } = link;
  return { ...header('dump'), kind: 'link', id: 0n, event: 0, ...link, group, l3mdevTable };
}

function addressEvent({ addr, peer, prefixLen, ifindex, flags, scope, proto }: Address): AddrEvent {
  const forever = { validLftSec: 0xffffffff, preferredLftSec: 0xffffffff };
  const times = { cstampNs: 1n, tstampNs: 1n };
  const fields = { addr, peer, prefixLen, ifindex, flags, scope, proto, ...forever, ...times };
  return { ...header('dump'), kind: 'addr', ...fields, ...ADDR_REST };
}

/** Prefixes end in `::`. */
function destinationIn(dst: Addr6): Addr6 {
  return addr6(`${dst}beef:1`);
}

const ADDR_REST = { id: 0n, rtPriority: 0, rtId: 0n, state: 2, event: 0 };

function routeEvent({ attribution: _, ...entry }: Route, op: Op): RouteEvent {
  return { ...header(op), kind: 'route', entry, nlmsgFlags: 0, error: 0, portid: 0 };
}

function decisions({ attribution: _, ...entry }: Route, id: bigint): Known[] {
  const h = header('end');
  const { oif, gateway } = entry;
  const daddr = destinationIn(entry.dst);
  const source = addr6(`2001:db8:${oif}::1`);
  const query = {
    daddr,
    saddr: ANY6,
    oif: 0,
    iif: 1,
    l3mdev: 0,
    mark: 0,
    uid: 1000,
    flowinfo: 0,
    sport: 40000,
    dport: 443,
    proto: 6,
    flowFlags: 0,
  };
  const common = { ...h, decision: id, beginNs: 1n, task: TASK, sock: undefined };
  const stamps = { begin: STAMPS, end: STAMPS };
  const found = { error: 0, oif, gateway, mpHash: 0 };
  const lookup: LookupEvent = {
    ...common,
    ...stamps,
    ...found,
    kind: 'lookup',
    query,
    lookupFlags: 0,
    tries: [
      { table: 255, id: 0n, rulePref: 0 },
      { table: 254, id: entry.id, rulePref: 32766 },
    ],
    triesCount: 2,
    entry,
    exception: false,
    inFlow: false,
    rtFlags: entry.flags,
  };
  const selection: SaddrEvent = {
    ...common,
    ...stamps,
    kind: 'saddr',
    daddr,
    oif,
    prefs: 0,
    saddr: source,
    error: 0,
  };
  const parts = { lookups: 1, saddrs: 1 };
  const flow: FlowEvent = {
    ...common,
    ...found,
    ...parts,
    kind: 'flow',
    sock: SOCK,
    query,
    daddr,
    saddr: source,
  };
  return [lookup, { ...lookup, inFlow: true }, selection, flow];
}
