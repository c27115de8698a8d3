/** Arbitrary events of every kind that a record can hold, for property tests. */

import fc from 'fast-check';
import type {
  Devconf,
  EventHeader,
  Fib6Entry,
  Flow6,
  KernelEvent,
  Op,
  SockRef,
  Stamps,
  Task,
  UnknownEvent,
} from '../../src/decode/event.ts';
import { type Addr6, addr6FromBytes } from '../../src/net/addr6.ts';

export type KnownEvent = Exclude<KernelEvent, UnknownEvent>;
type EventOf<K extends string, E = KnownEvent> = E extends { readonly kind: infer EK }
  ? K extends EK
    ? E
    : never
  : never;

/** Plain objects, as the decoder makes them. */
function record<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true });
}

/** Some of them only in some events. */
function partly<T, U>(
  model: { [K in keyof T]: fc.Arbitrary<T[K]> },
  optional: { [K in keyof U]: fc.Arbitrary<U[K]> },
): fc.Arbitrary<T & Partial<U>> {
  const requiredKeys = Object.keys(model) as never[];
  const all = fc.record({ ...model, ...optional }, { noNullPrototype: true, requiredKeys });
  return all as unknown as fc.Arbitrary<T & Partial<U>>;
}

const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const s32 = fc.integer({ min: -0x80000000, max: 0x7fffffff });
const u64 = fc.bigInt({ min: 0n, max: 0xffffffffffffffffn });
const flag = fc.boolean();
/** Few distinct values, so that events of a sequence meet the same object. */
const few = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max });
export const addr: fc.Arbitrary<Addr6> = fc.oneof(
  fc.constantFrom<Addr6>(...(['::', '::1', 'fe80::1', '2001:db8::1', 'ff02::1'] as Addr6[])),
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map((b) => addr6FromBytes(b)),
);
const name = fc
  .string({ unit: 'binary', maxLength: 5 })
  .filter((s) => !/[\0\ud800-\udfff]/.test(s));
const lladdr = fc
  .uint8Array({ maxLength: 32 })
  .map((b) => [...b].map((byte) => byte.toString(16).padStart(2, '0')).join(':'));

const header: fc.Arbitrary<EventHeader> = record({
  tsNs: fc.oneof(fc.bigInt({ min: 0n, max: 9999999999n }), u64),
  netnsCookie: fc.oneof(fc.constantFrom(0n, 1n, 2n), u64),
  cpu: u16,
  seq: u32,
  lost: u32,
  hook: fc.constantFrom('none', 'fib6_add', '__ipv6_ifa_notify', 'netlink', 'hook:999'),
  op: fc.constantFrom<Op>('none', 'new', 'del', 'change', 'dump', 'fail', 'begin', 'end'),
  softirq: flag,
  truncated: flag,
});

const id = fc.oneof(fc.bigInt({ min: 1n, max: 9n }), u64);
const fib6: fc.Arbitrary<Fib6Entry> = record({
  id,
  expiresNs: fc.option(
    u64.filter((ns) => ns > 0n),
    { nil: undefined },
  ),
  dst: addr,
  dstLen: few(128),
  src: addr,
  srcLen: few(128),
  prefsrc: addr,
  gateway: addr,
  table: u32,
  metric: u32,
  flags: fc.oneof(u32, fc.constantFrom(0x450003, 0x4c0001, 0x840003, 0x80000001)),
  nhId: u32,
  oif: s32,
  weight: s32,
  upperBound: s32,
  siblings: u32,
  type: u8,
  protocol: u8,
  nhFlags: u16,
});
const task: fc.Arbitrary<Task> = record({ pid: u32, tgid: u32, comm: name, cgroupId: u64 });
const sock: fc.Arbitrary<SockRef | undefined> = fc.option(
  record({
    cookie: u64.filter((c) => c > 0n),
    mark: u32,
    boundDevIf: s32,
    family: u16,
    type: u16,
    protocol: u16,
    state: u8,
    srcprefs: u8,
  }),
  { nil: undefined },
);
const flow6: fc.Arbitrary<Flow6> = record({
  daddr: addr,
  saddr: addr,
  oif: s32,
  iif: s32,
  l3mdev: s32,
  mark: u32,
  uid: u32,
  flowinfo: u32,
  sport: u16,
  dport: u16,
  proto: u8,
  flowFlags: u8,
});
const stamps: fc.Arbitrary<Stamps> = record({
  fib6Sernum: u32,
  addrGenid: u32,
  devBaseSeq: u32,
  rtEntries: u32,
  rtCache: u32,
  allForwarding: s32,
});

const DEVCONF_FIELDS = (
  'forwarding acceptRa acceptRaDefrtr raDefrtrMetric acceptRaMinHopLimit acceptRaMinLft ' +
  'acceptRaPinfo acceptRaFromLocal acceptRaRtrPref rtrProbeIntervalMs acceptRaRtInfoMinPlen ' +
  'acceptRaRtInfoMaxPlen acceptRaMtu autoconf addrGenMode maxAddresses useTempaddr tempValidLft ' +
  'tempPreferedLft dadTransmits acceptDad optimisticDad useOptimistic useOifAddrsOnly ' +
  'ignoreRoutesWithLinkdown keepAddrOnDown disableIpv6 hopLimit mtu6'
).split(' ') as (keyof Devconf)[];
const devconf = record(
  Object.fromEntries(DEVCONF_FIELDS.map((field) => [field, s32])),
) as unknown as fc.Arbitrary<Devconf>;

const ra = record({
  raId: fc.oneof(few(3).map(BigInt), u64),
  ifindex: few(4),
  ifname: name,
  saddr: addr,
  daddr: addr,
  hopLimit: u8,
  ip6: fc.uint8Array({ minLength: 40, maxLength: 40 }),
  msgLenBytes: u16,
  message: fc.uint8Array({ maxLength: 200 }),
}).map((event) => {
  const ip6 = event.ip6.slice();
  ip6[7] = event.hopLimit;
  return { ...event, ip6, saddr: addr6FromBytes(ip6, 8), daddr: addr6FromBytes(ip6, 24) };
});

const missing = fc.array(record({ part: fc.string(), reason: fc.string() }), { maxLength: 3 });
/** Ids of PvDs. */
const pvds = fc.array(u32, { maxLength: 8 });
const some = fc.array(u32, { minLength: 1, maxLength: 8 });
const decision = { decision: u64, beginNs: u64, task, sock };

/** The fields of each kind but for the header. */
const BODIES: {
  readonly [K in KnownEvent['kind']]: fc.Arbitrary<Omit<EventOf<K>, keyof EventHeader | 'kind'>>;
} = {
  begin: record({ id, of: fc.constantFrom('addr', 'ra-done', 'kind:77'), ifindex: s32 }),
  netns: record({ inum: u32 }),
  netpvd: record({
    id: u32,
    name: fc.string({ maxLength: 200, unit: fc.constantFrom('a', 'B', '.', '%', ':') }),
    ifindex: s32,
    router: addr,
    flags: u32,
    sequence: u16,
    delay: u8,
  }),
  link: record({
    id,
    name,
    ifindex: few(4),
    master: s32,
    flags: u32,
    mtu: u32,
    mtu6: u32,
    type: u16,
    lladdr,
    operstate: u8,
    carrier: flag,
    isL3Master: flag,
    group: u32,
    l3mdevTable: u32,
    event: u32,
  }),
  devconf: record({ ifindex: fc.integer({ min: -1, max: 4 }), conf: devconf }),
  addr: partly(
    {
      id,
      addr,
      peer: addr,
      prefixLen: few(128),
      ifindex: few(4),
      flags: u32,
      scope: u16,
      proto: u8,
      validLftSec: u32,
      preferredLftSec: u32,
      cstampNs: u64,
      tstampNs: u64,
      rtPriority: u32,
      rtId: id,
      state: s32,
      event: u32,
    },
    { pvds },
  ),
  route: partly(
    { entry: fib6, nlmsgFlags: u32, error: s32, portid: u32 },
    { pvd: u32.filter((id) => id !== 0) },
  ),
  rule: record({
    id,
    pref: u32,
    src: addr,
    srcLen: few(128),
    dst: addr,
    dstLen: few(128),
    iifname: name,
    oifname: name,
    iif: s32,
    oif: s32,
    table: u32,
    mark: u32,
    markMask: u32,
    gotoTarget: u32,
    frFlags: u32,
    suppressPrefixlen: s32,
    suppressIfgroup: s32,
    uidRange: fc.option(record({ start: u32, end: u32 }), { nil: undefined }),
    sportStart: u16,
    sportEnd: u16,
    dportStart: u16,
    dportEnd: u16,
    action: u8,
    ipProto: u8,
    dscp: u8,
    l3mdev: flag,
    protocol: u8,
  }),
  label: record({ prefix: addr, prefixLen: few(128), ifindex: few(2), label: u32 }),
  neigh: record({
    id,
    addr,
    ifindex: few(4),
    nudState: u8,
    ntfFlags: u32,
    type: u8,
    lladdr,
  }),
  nexthop: record({
    id: few(9),
    gateway: addr,
    gatewayFamily: u16,
    oif: s32,
    nhFlags: u32,
    isGroup: flag,
    isBlackhole: flag,
    isFdb: flag,
    isResilient: flag,
    protocol: u8,
    members: fc.array(record({ id: u32, weight: u32 }), { maxLength: 16 }),
  }),
  sysctl: record({
    name: name.map((n) => `x${n}`),
    dir: name,
    value: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { nil: undefined }),
    error: s32,
  }),
  ra,
  'ra-done': record({
    raId: fc.oneof(few(3).map(BigInt), u64),
    ifindex: few(4),
    reachedDiscovery: flag,
    processed: flag,
    dropReason: fc.option(u32, { nil: undefined }),
    acceptRa: s32,
    forwarding: s32,
  }),
  lookup: partly(
    {
      ...decision,
      query: flow6,
      lookupFlags: u32,
      begin: stamps,
      end: stamps,
      tries: fc.array(
        record({
          table: u32,
          id,
          rulePref: fc.option(fc.integer({ min: 0, max: 0xfffffffe }), { nil: undefined }),
        }),
        { minLength: 4, maxLength: 4 },
      ),
      triesCount: fc.integer({ min: 4, max: 9 }),
      entry: fc.option(fib6, { nil: undefined }),
      exception: flag,
      inFlow: flag,
      mpHash: u32,
      error: s32,
      oif: s32,
      gateway: addr,
      rtFlags: u32,
    },
    { bound: pvds },
  ),
  saddr: partly(
    {
      ...decision,
      begin: stamps,
      end: stamps,
      daddr: addr,
      oif: s32,
      prefs: u32,
      saddr: addr,
      error: s32,
    },
    { bound: some, routePvd: u32.filter((id) => id !== 0) },
  ),
  flow: partly(
    {
      ...decision,
      query: flow6,
      daddr: addr,
      saddr: addr,
      gateway: addr,
      oif: s32,
      error: s32,
      mpHash: u32,
      lookups: u16,
      saddrs: u16,
    },
    { bound: pvds },
  ),
  'agent-start': record({
    info: fc.record(
      {
        version: fc.string(),
        host: fc.string(),
        bootId: fc.string(),
        kernel: fc.string(),
        hz: few(1000),
        realtimeOffsetNs: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
        hooks: fc.array(record({ program: fc.string(), target: fc.string(), attached: flag }), {
          maxLength: 3,
        }),
        quirks: fc.dictionary(fc.constantFrom('mip6', 'routerPref'), flag, {
          noNullPrototype: true,
        }),
      },
      {
        noNullPrototype: true,
        requiredKeys: ['version', 'host', 'bootId', 'kernel', 'hz', 'realtimeOffsetNs', 'hooks'],
      },
    ),
  }),
  'agent-netns': record({ name: fc.string(), inum: u32 }),
  'dump-begin': record({ missing }),
  'dump-end': record({ missing }),
  tick: fc.constant({}),
  lost: record({
    byKind: fc.dictionary(fc.constantFrom('route', 'lookup', 'addr'), u32, {
      noNullPrototype: true,
    }),
    total: u32,
  }),
};

export const KINDS = Object.keys(BODIES) as KnownEvent['kind'][];

/** Events of one kind. */
export function eventOf(kind: KnownEvent['kind']): fc.Arbitrary<KnownEvent> {
  return fc
    .tuple(header, BODIES[kind] as fc.Arbitrary<object>)
    .map(([h, body]) => ({ ...h, ...body, kind }) as unknown as KnownEvent);
}

/** Events of every kind. */
export const anyEvent: fc.Arbitrary<KnownEvent> = fc.oneof(...KINDS.map(eventOf));
