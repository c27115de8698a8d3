/** Ways in which a run can go wrong: what a kernel could answer, and what a replica could miss. */

import type {
  Fib6Entry,
  FlowEvent,
  KernelEvent,
  LookupEvent,
  SaddrEvent,
} from '../../src/decode/event.ts';
import { ANY6, addr6 } from '../../src/net/addr6.ts';
import type { Snapshot } from '../../src/state/snapshot.ts';
import { createWorld } from '../../src/state/world.ts';
import { feed, stateOf } from '../state/fixture.ts';
import { type Decision, type Item, isDecision, type Random } from './healthy-run.ts';

export interface Kind {
  readonly name: string;
  /** The run with one thing changed; undefined where there is nothing to change. */
  readonly mutate: (items: readonly Item[], random: Random) => Item[] | undefined;
}

/** What a kind makes of one decision, seen with the state it was made in. */
type Answer = (decision: Decision, state: Snapshot, random: Random) => Decision | undefined;

/** Every decision of a run may be the one, from a random one on. */
function answer(name: string, change: Answer): Kind {
  return {
    name,
    mutate(items, random) {
      const at = items.flatMap((item, i) => (isDecision(item) ? [i] : []));
      const first = random(at.length || 1);
      for (const i of [...at.slice(first), ...at.slice(0, first)]) {
        const world = createWorld();
        for (const item of items.slice(0, i)) if (!isDecision(item)) feed(world, item.events);
        const changed = change(items[i] as Decision, stateOf(world), random);
        if (changed !== undefined) return items.with(i, changed);
      }
      return undefined;
    },
  };
}

function pick<T>(list: readonly T[], random: Random): T | undefined {
  return list[random(list.length || 1)];
}

function withLookup(d: Decision, change: (event: LookupEvent) => LookupEvent): Decision {
  const lookups = [...d.lookups];
  const last = lookups.pop() as LookupEvent;
  return { ...d, lookups: [...lookups, change(last)] };
}

function withSaddr(d: Decision, fields: Partial<SaddrEvent>): Decision {
  return { ...d, saddrs: d.saddrs.map((event) => ({ ...event, ...fields })) };
}

/** The kernel went on with the source it took. */
function withSource(d: Decision, text: string | undefined): Decision | undefined {
  if (text === undefined || d.saddrs[0] === undefined || d.saddrs[0].error !== 0) return undefined;
  const saddr = addr6(text);
  if (saddr === d.saddrs[0].saddr) return undefined;
  return { ...withSaddr(d, { saddr }), flow: { ...d.flow, saddr } };
}

type Address = Snapshot['addresses'] extends ReadonlyMap<string, infer A> ? A : never;

function source(name: string, fits: (a: Address, was: Address, state: Snapshot) => boolean): Kind {
  return answer(name, (d, state, random) => {
    const all = [...state.addresses.values()];
    const was = all.find(({ addr }) => addr === d.saddrs[0]?.saddr);
    if (was === undefined) return undefined;
    return withSource(
      d,
      pick(
        all.filter((a) => a !== was && fits(a, was, state)),
        random,
      )?.addr,
    );
  });
}

type Route = Snapshot['routes'] extends ReadonlyMap<bigint, infer R> ? R : never;

/** The kernel used another route, whatever the source. */
function otherRoute(name: string, fits: (r: Route, was: Fib6Entry, d: Decision) => boolean): Kind {
  return answer(name, (d, state, random) => {
    const was = d.lookups.at(-1)?.entry;
    if (was === undefined || was.type !== 1) return undefined;
    const others = [...state.routes.values()].filter(
      (r) => r.id !== was.id && r.type === 1 && fits(r, was, d),
    );
    const chosen = pick(others, random);
    if (chosen === undefined) return undefined;
    const { attribution: _, ...entry } = chosen;
    const { oif, gateway } = entry;
    const rtFlags = gateway === ANY6 ? 1 : 3;
    const used = withLookup(d, (event) => ({ ...event, entry, oif, gateway, rtFlags, error: 0 }));
    return { ...used, flow: { ...d.flow, oif, gateway } };
  });
}

function route(
  name: string,
  change: (event: LookupEvent & { entry: Fib6Entry }) => Partial<LookupEvent> | undefined,
): Kind {
  return answer(name, (d) => {
    const event = d.lookups.at(-1);
    if (event?.entry === undefined || event.error !== 0) return undefined;
    const fields = change(event as LookupEvent & { entry: Fib6Entry });
    return fields && withLookup(d, (one) => ({ ...one, ...fields }));
  });
}

function whole(name: string, change: (event: FlowEvent) => Partial<FlowEvent> | undefined): Kind {
  return answer(name, (d) => {
    const fields = change(d.flow);
    return fields && { ...d, flow: { ...d.flow, ...fields } };
  });
}

/** One record of the state never came, or said something else. */
function update(
  name: string,
  fits: (event: KernelEvent, i: number) => boolean,
  change: (event: KernelEvent, random: Random) => readonly KernelEvent[] = () => [],
): Kind {
  return {
    name,
    mutate(items, random) {
      const at = items.flatMap((item, i) =>
        !isDecision(item) && item.events.length === 1 && fits(item.events[0] as KernelEvent, i)
          ? [i]
          : [],
      );
      const i = pick(at, random);
      if (i === undefined) return undefined;
      const [event] = (items[i] as { events: readonly KernelEvent[] }).events;
      return items.with(i, { events: change(event as KernelEvent, random) });
    },
  };
}

function is(kind: KernelEvent['kind'], op: KernelEvent['op']) {
  return (event: KernelEvent): boolean => event.kind === kind && event.op === op;
}

const isUnicast = (event: KernelEvent): boolean =>
  event.kind === 'route' && event.op === 'new' && event.entry.type === 1;

/** `fields` are put into the entry of a new route. */
function entryOf(name: string, fields: (entry: Fib6Entry) => Partial<Fib6Entry>): Kind {
  return update(name, isUnicast, (event) =>
    event.kind === 'route' ? [{ ...event, entry: { ...event.entry, ...fields(event.entry) } }] : [],
  );
}

const SOURCES: readonly Kind[] = [
  source('source of another device', (a, was) => a.ifindex !== was.ifindex),
  source('source of the same device', (a, was) => a.ifindex === was.ifindex),
  source('source of a foreign PvD', (a, was) => a.attribution.pvd !== was.attribution.pvd),
  source('deprecated source', (a) => (a.flags & 0x20) !== 0),
  source('source of another scope', (a, was) => a.scope !== was.scope),
  answer('stale source', (d) => withSource(d, '2001:db8:dead::1')),
  answer('no source where there is one', (d) => {
    if (d.saddrs[0]?.error !== 0) return undefined;
    return { ...withSaddr(d, { error: -99, saddr: ANY6 }), flow: { ...d.flow, error: -99 } };
  }),
  answer('unspecified source', (d) => withSource(d, '::')),
  answer('swapped sources', (d, state) => {
    const own = [...state.addresses.values()].reverse();
    return withSource(d, own.find(({ addr }) => addr !== d.saddrs[0]?.saddr)?.addr);
  }),
];

const ROUTES: readonly Kind[] = [
  route('route with another identity', ({ entry }) => ({
    entry: { ...entry, id: entry.id + 64n },
  })),
  otherRoute(
    'route with another gateway',
    (r, was) => r.gateway !== was.gateway && r.gateway !== ANY6,
  ),
  otherRoute('route of another table', (r, was) => r.table !== was.table),
  otherRoute('less specific route', (r, was) => r.dstLen < was.dstLen),
  otherRoute('more specific route', (r, was) => r.dstLen > was.dstLen),
  otherRoute('route with a worse metric', (r, was) => r.dst === was.dst && r.metric > was.metric),
  otherRoute(
    'expired route',
    (r, _was, { flow }) => r.expiresNs !== undefined && r.expiresNs < flow.beginNs,
  ),
  otherRoute('route of another device', (r, was) => r.oif !== was.oif),
  otherRoute('route through a nexthop object', (r) => r.nhId !== 0),
  route('entry said to be of another table', ({ entry }) => ({
    entry: { ...entry, table: entry.table + 1 },
  })),
  route('nexthop through another device', ({ entry }) => ({
    entry: { ...entry, oif: entry.oif + 1 },
  })),
  route('dst on another device', ({ oif }) => ({ oif: oif + 1 })),
  route('dst with another gateway', ({ gateway }) =>
    gateway === ANY6 ? undefined : { gateway: addr6('fe80::bad') },
  ),
  route('exception that nobody made', ({ gateway }) =>
    gateway === ANY6 ? undefined : { exception: true, gateway: addr6('fe80::bad') },
  ),
  route('exception flag alone', () => ({ exception: true })),
  route('error instead of a route', () => ({
    error: -101,
    entry: undefined,
    oif: 0,
    gateway: ANY6,
  })),
  route('error beside a route', () => ({ error: -113 })),
  answer('route instead of an error', (d, state, random) => {
    if (d.lookups[0]?.error === 0) return undefined;
    const chosen = pick(
      [...state.routes.values()].filter(({ type }) => type === 1),
      random,
    );
    if (chosen === undefined) return undefined;
    const { attribution: _, ...entry } = chosen;
    return withLookup(d, (event) => ({
      ...event,
      error: 0,
      entry,
      oif: entry.oif,
      gateway: entry.gateway,
    }));
  }),
  answer('another error', (d) =>
    d.lookups[0]?.error === 0 ? undefined : withLookup(d, (event) => ({ ...event, error: -22 })),
  ),
];

const QUERIES: readonly Kind[] = [
  answer('mark that the kernel ignored', (d) =>
    withLookup(d, (event) => ({ ...event, query: { ...event.query, mark: event.query.mark ^ 7 } })),
  ),
  answer('device that the kernel ignored', (d) =>
    withLookup(d, (event) => ({
      ...event,
      query: { ...event.query, oif: event.query.oif === 4 ? 2 : 4 },
    })),
  ),
  answer('destination of another flow', (d) =>
    withLookup(d, (event) => ({
      ...event,
      query: { ...event.query, daddr: addr6('2001:db8:f2:1::9') },
    })),
  ),
  answer('source asked for another destination', (d) =>
    d.saddrs.length === 0 ? undefined : withSaddr(d, { daddr: addr6('fd00::9') }),
  ),
];

const WHOLES: readonly Kind[] = [
  whole('flow with another source than selected', ({ error }) =>
    error === 0 ? { saddr: addr6('2001:db8:dead::2') } : undefined,
  ),
  whole('flow through another device', ({ error, oif }) =>
    error === 0 ? { oif: oif + 1 } : undefined,
  ),
  whole('flow that fails', ({ error }) => (error === 0 ? { error: -113 } : undefined)),
  whole('flow that does not fail', ({ error }) => (error === 0 ? undefined : { error: 0 })),
  answer('lookup missing', (d) => ({ ...d, lookups: [] })),
  answer('second lookup missing', (d) =>
    d.lookups.length < 2 ? undefined : { ...d, lookups: d.lookups.slice(0, 1) },
  ),
  answer('selection missing', (d) => (d.saddrs.length === 0 ? undefined : { ...d, saddrs: [] })),
];

/** Kernel-made routes of the start are left alone: the run begins after them. */
const UPDATES: readonly Kind[] = [
  update('route not added', isUnicast),
  update('route not removed', is('route', 'del')),
  update(
    'local route not added',
    (e) => e.kind === 'route' && e.op === 'new' && e.entry.type === 2,
  ),
  update('address not added', is('addr', 'new')),
  update('address not removed', is('addr', 'del')),
  update('address change missed', is('addr', 'change')),
  update('rule not added', is('rule', 'new')),
  update('rule not removed', is('rule', 'del')),
  update('label not added', is('label', 'new')),
  update('nexthop not added', is('nexthop', 'new')),
  update('nexthop change missed', is('nexthop', 'change')),
  update('carrier missed', is('link', 'change')),
  update('settings missed', is('devconf', 'change')),
  update('neighbour missed', is('neigh', 'new')),
  update('RA missed', (e) => e.kind === 'ra'),
  entryOf('route in another table', ({ table }) => ({ table: table === 254 ? 100 : 254 })),
  entryOf('route with another metric', ({ metric }) => ({ metric: metric === 100 ? 1024 : 50 })),
  entryOf('route of another prefix length', ({ dstLen }) => ({ dstLen: Math.max(0, dstLen - 1) })),
  entryOf('route that expires', () => ({ expiresNs: 1n, flags: 0x400003 })),
  entryOf('route whose nexthop is dead', () => ({ nhFlags: 1 })),
  update('address on another device', is('addr', 'new'), (e) =>
    e.kind === 'addr' ? [{ ...e, ifindex: e.ifindex === 2 ? 3 : 2 }] : [],
  ),
  update('address said to be deprecated', is('addr', 'new'), (e) =>
    e.kind === 'addr' ? [{ ...e, flags: e.flags ^ 0x20 }] : [],
  ),
  update('rule of another table', is('rule', 'new'), (e) =>
    e.kind === 'rule' ? [{ ...e, table: 254 }] : [],
  ),
  {
    name: 'decision told after the change that follows it',
    mutate(items, random) {
      const at = items.flatMap((item, i) => {
        const next = items[i + 1];
        return isDecision(item) && next !== undefined && !isDecision(next) ? [i] : [];
      });
      const i = pick(at, random);
      if (i === undefined) return undefined;
      const d = items[i] as Decision;
      const changed = items[i + 1] as Item & { events: readonly KernelEvent[] };
      const later = ((changed.events[0]?.tsNs ?? 0n) - d.flow.tsNs + 10_000_000n) as bigint;
      return items.with(i, changed).with(i + 1, shifted(d, later));
    },
  },
];

function shifted(d: Decision, byNs: bigint): Decision {
  const move = <E extends { readonly tsNs: bigint; readonly beginNs: bigint }>(event: E): E => ({
    ...event,
    tsNs: event.tsNs + byNs,
    beginNs: event.beginNs + byNs,
  });
  return { id: d.id, lookups: d.lookups.map(move), saddrs: d.saddrs.map(move), flow: move(d.flow) };
}

export const KINDS: readonly Kind[] = [...SOURCES, ...ROUTES, ...QUERIES, ...WHOLES, ...UPDATES];
