/** Events as a kernel would report them, and worlds that they were applied to. */

import type {
  AddrEvent,
  DumpEvent,
  EventHeader,
  Fib6Entry,
  KernelEvent,
  LabelEvent,
  LinkEvent,
  NeighEvent,
  Op,
  RaDoneEvent,
  RaEvent,
  RouteEvent,
  RuleEvent,
} from '../../src/decode/event.ts';
import type { Dnssl } from '../../src/decode/nd/dnssl.ts';
import type { NdOption } from '../../src/decode/nd/option.ts';
import type { Pio } from '../../src/decode/nd/pio.ts';
import type { Pvd } from '../../src/decode/nd/pvd.ts';
import { encodeRa } from '../../src/decode/nd/ra.ts';
import { EMPTY_RA_HEADER, type RaHeader } from '../../src/decode/nd/ra-header.ts';
import type { Rdnss } from '../../src/decode/nd/rdnss.ts';
import type { Rio } from '../../src/decode/nd/rio.ts';
import { bareHeader } from '../../src/decode/record/header.ts';
import { ANY6, addr6, addr6Bytes } from '../../src/net/addr6.ts';
import { prefix6, prefixAddr, prefixLen } from '../../src/net/prefix6.ts';
import { applyEvent } from '../../src/state/apply.ts';
import type { Change } from '../../src/state/change.ts';
import type { Limits } from '../../src/state/limits.ts';
import type { Snapshot } from '../../src/state/snapshot.ts';
import { createWorld, snapshotOf, type World } from '../../src/state/world.ts';

export const COOKIE = 4099n;
export const SEC = 1_000_000_000n;

/** Header of an event at `sec` seconds. */
export function at(sec: number, op: Op = 'new', netnsCookie: bigint = COOKIE): EventHeader {
  return bareHeader(BigInt(Math.round(sec * 1e6)) * 1000n, netnsCookie, op);
}

export function link(h: EventHeader, ifindex = 2, name = `eth${ifindex}`): LinkEvent {
  return {
    ...h,
    kind: 'link',
    id: 0n,
    name,
    ifindex,
    master: 0,
    flags: 0x1003,
    mtu: 1500,
    mtu6: 1500,
    type: 1,
    lladdr: '02:00:00:00:00:01',
    operstate: 6,
    carrier: true,
    isL3Master: false,
    group: 0,
    l3mdevTable: 0,
    event: 0,
  };
}

/** IFA_F_MANAGETEMPADDR, IFA_F_PERMANENT, IFA_F_TEMPORARY; IFAPROT_KERNEL_RA. */
export const SLAAC = { flags: 0x100, proto: 2, validLftSec: 7200, preferredLftSec: 3600 } as const;
export const STATIC = { flags: 0x80, proto: 0 } as const;
export const TEMPORARY = { flags: 0x01, validLftSec: 7200, preferredLftSec: 3600 } as const;

export function address(
  h: EventHeader,
  text: string,
  fields: Partial<AddrEvent> = STATIC,
): AddrEvent {
  return {
    ...h,
    kind: 'addr',
    id: 0n,
    addr: addr6(text),
    peer: ANY6,
    prefixLen: 64,
    ifindex: 2,
    flags: 0,
    scope: 0,
    proto: 0,
    validLftSec: 0xffffffff,
    preferredLftSec: 0xffffffff,
    cstampNs: h.tsNs,
    tstampNs: h.tsNs,
    rtPriority: 0,
    rtId: 0n,
    state: 2,
    event: 0,
    ...fields,
  };
}

const KERNEL = 0xffff_8881_0000_0000n;

/** UP, EXPIRES and what each maker of routes adds; RTPROT_RA 9, RTPROT_KERNEL 2. */
export const RA_DEFAULT = { flags: 0x450003, protocol: 9, metric: 1024 } as const;
export const RA_PREFIX = { flags: 0x4c0001, protocol: 2, metric: 256 } as const;
export const RA_RIO = { flags: 0xc40003, protocol: 9, metric: 1024 } as const;
export const LOCAL = { type: 2, protocol: 2, table: 255, metric: 0, flags: 0x80200001 } as const;
export const ANYCAST = { type: 4, protocol: 2, table: 255, metric: 0, flags: 0x100001 } as const;

export function entry(id: number, dst: string, fields: Partial<Fib6Entry> = {}): Fib6Entry {
  const prefix = prefix6(dst);
  return {
    id: KERNEL + BigInt(id),
    expiresNs: undefined,
    dst: prefixAddr(prefix),
    dstLen: prefixLen(prefix),
    src: ANY6,
    srcLen: 0,
    prefsrc: ANY6,
    gateway: ANY6,
    table: 254,
    metric: 1024,
    flags: 1,
    nhId: 0,
    oif: 2,
    weight: 1,
    upperBound: -1,
    siblings: 0,
    type: 1,
    protocol: 3,
    nhFlags: 0,
    ...fields,
  };
}

export function route(
  h: EventHeader,
  id: number,
  dst: string,
  fields: Partial<Fib6Entry> = {},
): RouteEvent {
  return { ...h, kind: 'route', entry: entry(id, dst, fields), nlmsgFlags: 0, error: 0, portid: 0 };
}

export function rule(h: EventHeader, pref: number, fields: Partial<RuleEvent> = {}): RuleEvent {
  return {
    ...h,
    kind: 'rule',
    id: 0n,
    pref,
    src: ANY6,
    srcLen: 0,
    dst: ANY6,
    dstLen: 0,
    iifname: '',
    oifname: '',
    iif: 0,
    oif: 0,
    table: 254,
    mark: 0,
    markMask: 0,
    gotoTarget: 0,
    frFlags: 0,
    suppressPrefixlen: -1,
    suppressIfgroup: -1,
    uidRange: undefined,
    sportStart: 0,
    sportEnd: 0,
    dportStart: 0,
    dportEnd: 0,
    action: 1,
    ipProto: 0,
    dscp: 0,
    l3mdev: false,
    protocol: 2,
    ...fields,
  };
}

export function label(h: EventHeader, text: string, value: number): LabelEvent {
  const prefix = prefix6(text);
  const prefixLength = prefixLen(prefix);
  return {
    ...h,
    kind: 'label',
    prefix: prefixAddr(prefix),
    prefixLen: prefixLength,
    ifindex: 0,
    label: value,
  };
}

export function neighbour(h: EventHeader, text: string, nudState: number): NeighEvent {
  const addr = addr6(text);
  return {
    ...h,
    kind: 'neigh',
    id: 0n,
    addr,
    ifindex: 2,
    nudState,
    ntfFlags: 0x80,
    type: 1,
    lladdr: '',
  };
}

export function dumpMark(
  sec: number,
  op: 'begin' | 'end',
  missing: DumpEvent['missing'] = [],
): DumpEvent {
  return { ...at(sec, op), kind: `dump-${op}`, missing } as DumpEvent;
}

/** Content of an RA: header fields, options. */
export interface RaSpec {
  readonly header?: Partial<RaHeader>;
  readonly options?: readonly NdOption[];
  readonly router?: string;
  readonly ifindex?: number;
  /** Accepted by the kernel; default true. */
  readonly accepted?: boolean;
}

let raIds = 0n;

/** What `ndisc_rcv()` reports at its entry. */
export function raEvent(sec: number, spec: RaSpec = {}): RaEvent {
  const { router = 'fe80::1', ifindex = 2 } = spec;
  const header = { ...EMPTY_RA_HEADER, hopLimit: 64, lifetimeSec: 1800, ...spec.header };
  const message = encodeRa({ header, options: spec.options ?? [] });
  const saddr = addr6(router);
  const daddr = addr6('ff02::1');
  const ip6 = new Uint8Array(40);
  ip6.set([0x60, 0, 0, 0, message.length >> 8, message.length & 255, 58, 255]);
  ip6.set(addr6Bytes(saddr), 8);
  ip6.set(addr6Bytes(daddr), 24);
  return {
    ...at(sec, 'begin'),
    kind: 'ra',
    raId: ++raIds,
    ifindex,
    ifname: `eth${ifindex}`,
    saddr,
    daddr,
    hopLimit: 255,
    ip6,
    msgLenBytes: message.length,
    message,
  };
}

/** And at its exit. */
export function raDoneEvent(ra: RaEvent, accepted = true): RaDoneEvent {
  const { raId, ifindex } = ra;
  return {
    ...ra,
    op: 'end',
    tsNs: ra.tsNs + 5000n,
    kind: 'ra-done',
    raId,
    ifindex,
    reachedDiscovery: true,
    processed: accepted,
    dropReason: undefined,
    acceptRa: accepted ? 1 : 0,
    forwarding: 0,
  };
}

/** An RA with what the kernel made of it in between. */
export function ra(
  sec: number,
  spec: RaSpec = {},
  made: readonly KernelEvent[] = [],
): KernelEvent[] {
  const event = raEvent(sec, spec);
  return [event, ...made, raDoneEvent(event, spec.accepted)];
}

export function pio(text: string, fields: Partial<Pio> = {}): Pio {
  return {
    kind: 'pio',
    prefix: prefix6(text),
    onLink: true,
    autonomous: true,
    routerAddress: false,
    pdPreferred: false,
    validSec: 7200,
    preferredSec: 3600,
    ...fields,
  } as const;
}

export function rio(text: string, lifetimeSec = 1800): Rio {
  return { kind: 'rio', prefix: prefix6(text), preference: 'medium', lifetimeSec } as const;
}

export function rdnss(addrs: readonly string[], lifetimeSec = 1800): Rdnss {
  return { kind: 'rdnss', addrs: addrs.map(addr6), lifetimeSec } as const;
}

export function dnssl(domains: readonly string[], lifetimeSec = 1800): Dnssl {
  return { kind: 'dnssl', domains, lifetimeSec } as const;
}

export function pvd(id: string, options: readonly NdOption[] = [], fields: Partial<Pvd> = {}): Pvd {
  return {
    kind: 'pvd',
    layout: 'rfc8801',
    id,
    http: true,
    legacy: false,
    delay: 0,
    sequence: 1,
    ra: null,
    options,
    ...fields,
  } as const;
}

/** Applies events to a new world. */
export function worldOf(events: readonly KernelEvent[], limits?: Limits): World {
  const world = createWorld(limits);
  feed(world, events);
  return world;
}

/** Applies events; what they changed. */
export function feed(world: World, events: readonly KernelEvent[]): Change[] {
  return events.flatMap((event) => applyEvent(world, event));
}

/** The replica of the netns of all these events. */
export function stateOf(world: World, cookie: bigint = COOKIE): Snapshot {
  const snapshot = snapshotOf(world, cookie);
  if (!snapshot) throw new Error(`no netns ${cookie}`);
  return snapshot;
}

/** Address or `#route` → `pvd reason`, for tables. */
export function attributions(world: World): Record<string, string> {
  const { addresses, routes } = stateOf(world);
  const out: Record<string, string> = {};
  const say = ({ pvd, reason }: { pvd: string | undefined; reason: string }): string =>
    `${pvd ?? '-'} ${reason}`;
  for (const [key, { attribution }] of addresses) out[key] = say(attribution);
  for (const { id, attribution } of routes.values()) out[`#${id - KERNEL}`] = say(attribution);
  return out;
}
