/** A synthetic run as records: a dump, RAs of two PvDs, decisions, losses, a broken record. */

import type {
  AgentStartEvent,
  FlowEvent,
  KernelEvent,
  LookupEvent,
  LostEvent,
  SaddrEvent,
  Stamps,
  Task,
} from '../src/decode/event.ts';
import { KIND, LAYOUT } from '../src/decode/layout.gen.ts';
import { encodeRecord } from '../src/decode/record.ts';
import { ANY6, addr6 } from '../src/net/addr6.ts';
import {
  address,
  at,
  dumpMark,
  entry,
  LOCAL,
  link,
  pio,
  pvd,
  RA_DEFAULT,
  RA_PREFIX,
  ra,
  route,
  SLAAC,
} from './state/fixture.ts';

export type Known = Exclude<KernelEvent, { readonly kind: 'unknown' }>;

const STAMPS: Stamps = {
  fib6Sernum: 1,
  addrGenid: 2,
  devBaseSeq: 3,
  rtEntries: 4,
  rtCache: 5,
  allForwarding: 0,
};

export const CURL: Task = { pid: 11, tgid: 10, comm: 'curl', cgroupId: 1n << 60n };

const QUERY = {
  daddr: addr6('2001:db8:ffff::1'),
  saddr: ANY6,
  oif: 0,
  iif: 1,
  l3mdev: 0,
  mark: 0,
  uid: 1000,
  flowinfo: 0,
  sport: 0,
  dport: 443,
  proto: 6,
  flowFlags: 0,
};

export const START: AgentStartEvent = {
  ...at(1, 'none', 0n),
  kind: 'agent-start',
  info: {
    version: '0.1.0',
    host: 'lab\u001b[31m',
    bootId: 'boot',
    kernel: '6.1.0',
    hz: 250,
    realtimeOffsetNs: '1700000000000000000',
    hooks: [
      { program: 'fib6_add_exit', target: 'fib6_add', attached: true },
      { program: 'saddr', target: 'ipv6_dev_get_saddr', attached: false, reason: 'inlined' },
    ],
  },
};

export function lookup(sec: number, fields: Partial<LookupEvent> = {}): LookupEvent {
  const h = at(sec, 'end');
  return {
    ...h,
    kind: 'lookup',
    decision: 1n,
    beginNs: h.tsNs - 3000n,
    task: CURL,
    sock: undefined,
    query: QUERY,
    lookupFlags: 1,
    begin: STAMPS,
    end: STAMPS,
    tries: [{ table: 254, id: entry(100, '::/0').id, rulePref: undefined }],
    triesCount: 1,
    entry: entry(100, '::/0', { ...RA_DEFAULT, gateway: addr6('fe80::1') }),
    exception: false,
    inFlow: true,
    mpHash: 0,
    error: 0,
    oif: 2,
    gateway: addr6('fe80::1'),
    rtFlags: 3,
    ...fields,
  };
}

export function saddr(sec: number, fields: Partial<SaddrEvent> = {}): SaddrEvent {
  const h = at(sec, 'end');
  return {
    ...h,
    kind: 'saddr',
    decision: 1n,
    beginNs: h.tsNs - 2000n,
    task: CURL,
    sock: undefined,
    begin: STAMPS,
    end: STAMPS,
    daddr: QUERY.daddr,
    oif: 2,
    prefs: 0,
    saddr: addr6('2001:db8:a::5'),
    error: 0,
    ...fields,
  };
}

export function flow(sec: number, fields: Partial<FlowEvent> = {}): FlowEvent {
  const h = at(sec, 'end');
  return {
    ...h,
    kind: 'flow',
    decision: 1n,
    beginNs: h.tsNs - 9000n,
    task: CURL,
    sock: {
      cookie: 77n,
      mark: 0,
      boundDevIf: 0,
      family: 10,
      type: 1,
      protocol: 6,
      state: 2,
      srcprefs: 0,
    },
    query: QUERY,
    daddr: QUERY.daddr,
    saddr: addr6('2001:db8:a::5'),
    gateway: addr6('fe80::1'),
    oif: 2,
    error: 0,
    mpHash: 0,
    lookups: 1,
    saddrs: 1,
    ...fields,
  };
}

/** A flow with its lookup and its selection. */
export function decision(sec: number, id: bigint): KernelEvent[] {
  return [lookup(sec, { decision: id }), saddr(sec, { decision: id }), flow(sec, { decision: id })];
}

export function tick(sec: number): KernelEvent {
  return { ...at(sec, 'none', 0n), kind: 'tick' };
}

export function lostCounters(sec: number, byKind: Record<string, number>): LostEvent {
  const total = Object.values(byKind).reduce((a, b) => a + b, 0);
  return { ...at(sec, 'none', 0n), kind: 'lost', byKind, total };
}

/** The netns is known by its dump, then RAs of an explicit and of an implicit PvD arrive. */
export function seeded(): KernelEvent[] {
  return [
    START,
    { ...at(1.01, 'none'), kind: 'agent-netns', name: 'host', inum: 4026532000 },
    dumpMark(1.1, 'begin'),
    link(at(1.11, 'dump')),
    address(at(1.12, 'dump'), 'fe80::99', { flags: 0x80, scope: 0x20 }),
    route(at(1.13, 'dump'), 1, 'fe80::99/128', LOCAL),
    dumpMark(1.2, 'end'),
    ...ra(2, { options: [pvd('PvD.Example', [])] }, [
      route(at(2), 100, '::/0', { ...RA_DEFAULT, gateway: addr6('fe80::1') }),
    ]),
    ...ra(2.1, { router: 'fe80::2', options: [pio('2001:db8:a::/64')] }, [
      address(at(2.1), '2001:db8:a::5', SLAAC),
      route(at(2.1), 102, '2001:db8:a::/64', RA_PREFIX),
    ]),
  ];
}

export function encode(events: readonly KernelEvent[]): Uint8Array[] {
  return events.map((event) => encodeRecord(event as Known));
}

/** A record whose kind no build knows. */
export function unknownKind(): Uint8Array {
  const bytes = encodeRecord(tick(3) as Known);
  new DataView(bytes.buffer).setUint16(LAYOUT.pvd_hdr.kind, 999, true);
  return bytes;
}

/** A lookup that is shorter than its kind. */
export function cutRecord(): Uint8Array {
  const bytes = encodeRecord(tick(3) as Known);
  new DataView(bytes.buffer).setUint16(LAYOUT.pvd_hdr.kind, KIND.LOOKUP, true);
  return bytes;
}
