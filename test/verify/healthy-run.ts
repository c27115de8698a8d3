/**
 * Runs in which the kernel did all right: random states of one netns and, between their
 * changes, decisions answered by the model on the state of that moment.
 */

import type { FlowEvent, KernelEvent, LookupEvent, SaddrEvent } from '../../src/decode/event.ts';
import { createModelState } from '../../src/model/model-state.ts';
import { createModel, type Model, predictOn } from '../../src/model/predict.ts';
import { LINUX, QUIRKS_NEW } from '../../src/model/profile.ts';
import type { Outcome, Query } from '../../src/model/query.ts';
import { type Addr6, ANY6, addr6 } from '../../src/net/addr6.ts';
import { createWorld, type World } from '../../src/state/world.ts';
import { CONF } from '../case/ip-defaults.ts';
import { randomFrom } from '../fuzz/mutate.ts';
import { flow, lookup, START, saddr } from '../pipeline-run.ts';
import {
  address,
  at,
  dumpMark,
  entry,
  feed,
  LOCAL,
  label,
  link,
  neighbour,
  pio,
  pvd,
  RA_DEFAULT,
  RA_PREFIX,
  RA_RIO,
  ra,
  rio,
  route,
  rule,
  SLAAC,
  stateOf,
} from '../state/fixture.ts';

export type Random = (below: number) => number;

/** A decision of a run: its records, from `first` on. */
export interface Decision {
  readonly id: bigint;
  readonly lookups: LookupEvent[];
  readonly saddrs: SaddrEvent[];
  readonly flow: FlowEvent;
}

/** What comes one after the other: a change of the state, or a decision. */
export type Item = { readonly events: readonly KernelEvent[] } | Decision;

export function isDecision(item: Item): item is Decision {
  return 'flow' in item;
}

export function eventsOf(item: Item): readonly KernelEvent[] {
  return isDecision(item) ? [...item.lookups, ...item.saddrs, item.flow] : item.events;
}

export interface Run {
  readonly items: readonly Item[];
  readonly random: Random;
}

const DEVICES = [2, 3, 4] as const;
/** How many changes and decisions follow the start. */
const STEPS = 24;
/** Changes before the first decision. */
const SETTLING = 6;

/** A netns without exceptions. */
const STAMPS = {
  fib6Sernum: 1,
  addrGenid: 2,
  devBaseSeq: 3,
  rtEntries: 40,
  rtCache: 0,
  allForwarding: 0,
};

const SETTLED = { quirks: { ...QUIRKS_NEW } };

interface Maker {
  readonly world: World;
  readonly items: Item[];
  readonly random: Random;
  /** Seconds. */
  now: number;
  nextId: number;
}

/** The run of a seed. */
export function healthyRun(seed: number): Run {
  const maker: Maker = {
    world: createWorld(),
    items: [],
    random: randomFrom(Math.imul(2 * seed + 1, 0x9e37_79b1)),
    now: 1,
    nextId: 1000,
  };
  begin(maker);
  let id = 1n;
  for (let i = 0; i < STEPS; i++) {
    change(maker);
    for (let n = i < SETTLING ? 0 : 2; n > 0; n--) {
      const made = decide(maker, id);
      if (made === undefined) continue;
      maker.items.push(made);
      id++;
    }
  }
  return { items: maker.items, random: maker.random };
}

function later(maker: Maker): number {
  maker.now = Math.round((maker.now + 0.02) * 1000) / 1000;
  return maker.now;
}

function push(maker: Maker, events: readonly KernelEvent[]): void {
  feed(maker.world, events);
  maker.items.push({ events });
}

/** A dump, links, their addresses, and the RAs of two PvDs. */
function begin(maker: Maker): void {
  if (START.kind !== 'agent-start') throw new Error('a run starts with agent-start');
  push(maker, [{ ...START, info: { ...START.info, ...SETTLED } }]);
  push(maker, [dumpMark(1.1, 'begin')]);
  const h = at(1.12, 'dump');
  const lo = { ...link(h, 1, 'lo'), flags: 0x49, type: 772, lladdr: '' };
  const rows: KernelEvent[] = [
    lo,
    ...[0, -1, 1].map((ifindex) => ({ ...h, kind: 'devconf', ifindex, conf: CONF }) as const),
    address(h, '::1', { ifindex: 1, prefixLen: 128, flags: 0x80, scope: 0x10 }),
    route(h, 1, '::1/128', { ...LOCAL, oif: 1 }),
    rule(h, 0, { id: 0xffff_8882_0000_0001n, table: 255 }),
    rule(h, 32766, { id: 0xffff_8882_0000_0002n, table: 254 }),
    ...KERNEL_LABELS.map(([prefix, value]) => label(h, prefix, value)),
  ];
  for (const dev of DEVICES) {
    rows.push(link(h, dev), { ...h, kind: 'devconf', ifindex: dev, conf: CONF });
    const own = `fe80::${dev}:1`;
    rows.push(address(h, own, { ifindex: dev, flags: 0x80, scope: 0x20 }));
    rows.push(route(h, 10 * dev, `${own}/128`, { ...LOCAL, oif: dev }));
    rows.push(route(h, 10 * dev + 1, 'fe80::/64', { protocol: 2, metric: 256, oif: dev }));
    rows.push(route(h, 10 * dev + 2, 'ff00::/8', MULTICAST(dev)));
  }
  push(maker, rows);
  push(maker, [dumpMark(1.2, 'end')]);
  maker.now = 2;
  advertise(maker, 2, 'fe80::a', 'a.example', '2001:db8:a::/64', '2001:db8:a::5');
  advertise(maker, 3, 'fe80::b', undefined, '2001:db8:b::/64', '2001:db8:b::5');
}

const MULTICAST = (oif: number) =>
  ({ type: 5, protocol: 2, table: 255, metric: 256, flags: 1, oif }) as const;

const KERNEL_LABELS: readonly (readonly [string, number])[] = [
  ['::1/128', 0],
  ['::/96', 3],
  ['2002::/16', 2],
  ['fc00::/7', 5],
  ['::/0', 1],
];

function advertise(
  maker: Maker,
  ifindex: number,
  router: string,
  name: string | undefined,
  prefix: string,
  own: string,
): void {
  const sec = later(maker);
  const options = [pio(prefix), rio('2001:db8:f1::/48')];
  const spec = { router, ifindex, options: name === undefined ? options : [...options, pvd(name)] };
  const made: KernelEvent[] = [
    route(at(sec), maker.nextId++, '::/0', { ...RA_DEFAULT, gateway: addr6(router), oif: ifindex }),
    route(at(sec), maker.nextId++, prefix, { ...RA_PREFIX, oif: ifindex }),
    route(at(sec), maker.nextId++, '2001:db8:f1::/48', {
      ...RA_RIO,
      gateway: addr6(router),
      oif: ifindex,
    }),
    address(at(sec), own, { ...SLAAC, ifindex }),
    route(at(sec), maker.nextId++, `${own}/128`, { ...LOCAL, oif: ifindex }),
  ];
  const [received, ...rest] = ra(sec, spec, []);
  push(maker, [received as KernelEvent]);
  for (const event of made) push(maker, [event]);
  push(maker, rest);
}

/** Prefixes that nest, so that one route hides another. */
const PREFIXES = [
  '::/0',
  '2001:db8::/32',
  '2001:db8:f1::/48',
  '2001:db8:f2::/48',
  '2001:db8:f2:1::/64',
];
const TARGETS = [
  '2001:db8:f1::9',
  '2001:db8:f2::9',
  '2001:db8:f2:1::9',
  '2001:db9::9',
  '2002:1::9',
];
const SOURCES = ['2001:db8:a::21', '2001:db8:b::22', '2001:db8:c::23', '2002:5::24', 'fd00::25'];
const MARKS = [0, 7];

const CHANGES: readonly ((maker: Maker, sec: number) => KernelEvent[])[] = [
  addRoute,
  addRoute,
  addRoute,
  deleteRoute,
  addAddress,
  addAddress,
  deprecate,
  deleteAddress,
  (maker, sec) => [
    rule(at(sec), 100 + maker.random(3), {
      id: 0xffff_8882_0000_0000n + BigInt(maker.nextId++),
      table: 100,
      ...(maker.random(2) ? { mark: 7, markMask: 0xff } : from(pick(maker, SOURCES))),
    }),
  ],
  (maker, sec) => {
    const own = stateOf(maker.world).rules.filter(({ pref }) => pref !== 0 && pref !== 32766);
    const one = own[maker.random(own.length || 1)];
    return one ? [rule(at(sec, 'del'), one.pref, { id: one.id })] : [];
  },
  (maker, sec) => [label(at(sec), `${pick(maker, [...SOURCES, ...TARGETS])}/64`, maker.random(4))],
  (maker, sec) => {
    const known = stateOf(maker.world).links.get(pick(maker, DEVICES));
    if (known === undefined) return [];
    return [{ ...link(at(sec, 'change'), known.ifindex), carrier: !known.carrier }];
  },
  (maker, sec) => {
    const ifindex = pick(maker, DEVICES);
    const router = pick(maker, ['fe80::a', 'fe80::b', 'fe80::c']);
    return [{ ...neighbour(at(sec), router, pick(maker, [2, 32])), ifindex }];
  },
  (maker, sec) => {
    const ifindex = pick(maker, DEVICES);
    const conf = { ...CONF, useOifAddrsOnly: maker.random(2), ignoreRoutesWithLinkdown: 1 };
    return [{ ...at(sec, 'change'), kind: 'devconf', ifindex, conf }];
  },
  addNexthop,
  moveNexthop,
];

function change(maker: Maker): void {
  const sec = later(maker);
  for (const event of pick(maker, CHANGES)(maker, sec)) push(maker, [event]);
}

function pick<T>({ random }: { readonly random: Random }, list: readonly T[]): T {
  return list[random(list.length)] as T;
}

function from(text: string): { src: Addr6; srcLen: number } {
  return { src: addr6(text), srcLen: 128 };
}

function addRoute(maker: Maker, sec: number): KernelEvent[] {
  const { random } = maker;
  const isReject = random(8) === 0;
  const fields = {
    table: random(3) === 0 ? 100 : 254,
    metric: pick(maker, [100, 200, 1024]),
    flags: isReject ? 0x200201 : 3,
    type: isReject ? 7 : 1,
    oif: isReject ? 1 : pick(maker, DEVICES),
    gateway: isReject ? ANY6 : addr6(pick(maker, ['fe80::a', 'fe80::b', 'fe80::c'])),
  };
  if (random(5) === 0 && !isReject) {
    // Its lifetime ends before the run does, and the garbage collector has not come by.
    return [
      route(at(sec), maker.nextId++, pick(maker, PREFIXES), {
        ...fields,
        flags: 0x400003,
        expiresNs: at(sec + 0.05).tsNs,
      }),
    ];
  }
  if (random(6) === 0) {
    const nhId = 1 + random(2);
    const known = stateOf(maker.world).nexthops.get(nhId);
    if (known) {
      const { oif, gateway } = known;
      const through = { ...fields, flags: 3, type: 1, nhId, oif, gateway };
      return [route(at(sec), maker.nextId++, pick(maker, PREFIXES), through)];
    }
  }
  return [route(at(sec), maker.nextId++, pick(maker, PREFIXES), fields)];
}

function deleteRoute(maker: Maker, sec: number): KernelEvent[] {
  const own = [...stateOf(maker.world).routes.values()].filter(({ type }) => type === 1);
  const { attribution: _, ...gone } = pick(maker, own);
  return [{ ...route(at(sec, 'del'), 0, '::/0'), entry: gone }];
}

function addAddress(maker: Maker, sec: number): KernelEvent[] {
  const ifindex = pick(maker, DEVICES);
  const text = pick(maker, SOURCES);
  const flags = 0x80 | (maker.random(4) === 0 ? 0x20 : 0);
  if (stateOf(maker.world).addresses.has(`${ifindex} ${text}`)) return [];
  return [
    address(at(sec), text, { ifindex, flags }),
    route(at(sec), maker.nextId++, `${text}/128`, { ...LOCAL, oif: ifindex }),
  ];
}

/** Addresses that a program or an RA gave. */
function ownAddresses({ world }: Maker) {
  return [...stateOf(world).addresses.values()].filter(({ addr }) => /^(2|fd)/.test(addr));
}

function deprecate(maker: Maker, sec: number): KernelEvent[] {
  const { addr, ifindex, flags, prefixLen } = pick(maker, ownAddresses(maker)) ?? {};
  if (addr === undefined) return [];
  return [address(at(sec, 'change'), addr, { ifindex, prefixLen, flags: (flags ?? 0) ^ 0x20 })];
}

function deleteAddress(maker: Maker, sec: number): KernelEvent[] {
  const gone = pick(maker, ownAddresses(maker));
  if (gone === undefined) return [];
  const { addr, ifindex } = gone;
  const local = [...stateOf(maker.world).routes.values()].find(
    (r) => r.type === 2 && r.dst === addr && r.oif === ifindex,
  );
  const { attribution: _, ...entryGone } = local ?? { ...entry(0, '::/0'), attribution: undefined };
  return [
    address(at(sec, 'del'), addr, { ifindex, flags: gone.flags }),
    ...(local ? [{ ...route(at(sec, 'del'), 0, '::/0'), entry: entryGone }] : []),
  ];
}

function nexthop(maker: Maker, sec: number, op: 'new' | 'change', id: number): KernelEvent {
  return {
    ...at(sec, op),
    kind: 'nexthop',
    id,
    gateway: addr6(pick(maker, ['fe80::a', 'fe80::b', 'fe80::c'])),
    gatewayFamily: 10,
    oif: pick(maker, DEVICES),
    nhFlags: 0,
    isGroup: false,
    isBlackhole: false,
    isFdb: false,
    isResilient: false,
    protocol: 3,
    members: [],
  };
}

function addNexthop(maker: Maker, sec: number): KernelEvent[] {
  const id = 1 + maker.random(2);
  return stateOf(maker.world).nexthops.has(id) ? [] : [nexthop(maker, sec, 'new', id)];
}

/** `replace_nexthop_single()`: the routes that lead to it lead elsewhere now. */
function moveNexthop(maker: Maker, sec: number): KernelEvent[] {
  const id = 1 + maker.random(2);
  return stateOf(maker.world).nexthops.has(id) ? [nexthop(maker, sec, 'change', id)] : [];
}

/** The answers of a kernel that follows the model; undefined where that has more than one. */
function decide(maker: Maker, id: bigint): Decision | undefined {
  const sec = later(maker);
  const { random } = maker;
  const model = createModel(createModelState(stateOf(maker.world)), LINUX);
  const bound = random(6) === 0 ? pick(maker, DEVICES) : 0;
  const own = ownAddresses(maker);
  const given = random(5) === 0 && own.length > 0 ? pick(maker, own).addr : ANY6;
  const query = {
    ...lookup(sec).query,
    daddr: random(8) === 0 && own.length > 0 ? pick(maker, own).addr : addr6(pick(maker, TARGETS)),
    saddr: given,
    oif: bound,
    mark: pick(maker, MARKS),
    uid: 0,
    dport: 53,
    proto: 17,
  };
  const mpHash = 1 + random(0x7fff_fffe);
  const sock = { ...(flow(sec).sock as NonNullable<FlowEvent['sock']>), boundDevIf: bound };
  const base = { decision: id, query, sock, mpHash, begin: STAMPS, end: STAMPS };
  const first = answerLookup(model, lookup(sec, { ...base, lookupFlags: 0 }));
  const whole = answerFlow(
    model,
    flow(sec, { decision: id, query, sock, mpHash, daddr: query.daddr }),
  );
  if (first === undefined || whole === undefined) return undefined;
  const lookups = [first];
  const saddrs: SaddrEvent[] = [];
  if (given === ANY6 && first.error === 0 && first.entry?.prefsrc === ANY6) {
    const asked = { decision: id, daddr: query.daddr, oif: first.entry.oif, sock };
    const chosen = answerSaddr(model, saddr(sec, asked));
    if (chosen === undefined || (whole.error === 0 && chosen.saddr !== whole.saddr))
      return undefined;
    saddrs.push(chosen);
    // The second lookup of `ip6_dst_lookup_tail()`, now with a source.
    const again = { ...query, saddr: chosen.saddr };
    const second = answerLookup(model, lookup(sec, { ...base, query: again, lookupFlags: 4 }));
    if (chosen.error === 0 && second?.oif === whole.oif && second.error === whole.error) {
      lookups.push(second);
    }
  }
  const counts = { lookups: lookups.length, saddrs: saddrs.length };
  return { id, lookups, saddrs, flow: { ...whole, ...counts } };
}

/** The sole outcome. */
function only(model: Model, query: Query): Outcome | undefined {
  const { outcomes, undecided } = predictOn(model, query);
  return undecided === undefined && outcomes.length === 1 ? outcomes[0] : undefined;
}

function span(event: { readonly beginNs: bigint; readonly tsNs: bigint }) {
  return { fromNs: event.beginNs, toNs: event.tsNs };
}

function answerLookup(model: Model, event: LookupEvent): LookupEvent | undefined {
  const { query, mpHash, sock } = event;
  const asked = { boundDevIf: sock?.boundDevIf ?? 0, srcprefs: 0 };
  const outcome = only(model, {
    kind: 'lookup',
    ...query,
    ...span(event),
    flags: event.lookupFlags,
    sock: asked,
    volatile: { mpHash },
  });
  if (outcome === undefined) return undefined;
  const used = [...model.state.fib.routes].find((r) => r?.id === outcome.entry);
  if (outcome.entry !== undefined && used === undefined) throw new Error('no such route');
  const { attribution: _, ...known } = used ?? { attribution: undefined };
  const { gateway, nhOif: oif } = outcome;
  return {
    ...event,
    entry: used === undefined ? undefined : { ...entry(0, '::/0'), ...known, gateway, oif },
    tries: [],
    triesCount: 0,
    error: -outcome.error,
    oif: outcome.oif,
    gateway,
    rtFlags: gateway === ANY6 ? 1 : 3,
  };
}

function answerSaddr(model: Model, event: SaddrEvent): SaddrEvent | undefined {
  const { daddr, oif, prefs } = event;
  const outcome = only(model, { kind: 'saddr', daddr, oif, prefs, ...span(event) });
  return outcome && { ...event, error: -outcome.error, saddr: outcome.saddr };
}

function answerFlow(model: Model, event: FlowEvent): FlowEvent | undefined {
  const { query, mpHash, sock } = event;
  const asked = { boundDevIf: sock?.boundDevIf ?? 0, srcprefs: 0 };
  const outcome = only(model, {
    kind: 'flow',
    ...query,
    ...span(event),
    sock: asked,
    volatile: { mpHash },
  });
  if (outcome === undefined) return undefined;
  const { error, oif, gateway, saddr: source } = outcome;
  return { ...event, error: -error, oif, gateway, saddr: source };
}
