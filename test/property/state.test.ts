/** Properties of replicas: nothing throws, bounds hold, deltas and dumps lead to the same state. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { KernelEvent } from '../../src/decode/event.ts';
import type { NdOption } from '../../src/decode/nd/option.ts';
import { decodeRecord, encodeRecord } from '../../src/decode/record.ts';
import { applyEvent } from '../../src/state/apply.ts';
import type { Change } from '../../src/state/change.ts';
import { LIMITS, type Limits } from '../../src/state/limits.ts';
import { parseSnapshot, presentSnapshot } from '../../src/state/present.ts';
import { snapshots, type World } from '../../src/state/world.ts';
import { anyEvent } from '../decode/record-arbitrary.ts';
import {
  address,
  at,
  COOKIE,
  dnssl,
  dumpMark,
  feed,
  pio,
  pvd,
  RA_PREFIX,
  ra,
  rdnss,
  rio,
  route,
  SLAAC,
  stateOf,
  worldOf,
} from '../state/fixture.ts';

const SMALL: Limits = {
  netns: 2,
  links: 3,
  devconf: 3,
  addresses: 4,
  routes: 5,
  rules: 4,
  labels: 3,
  neighbours: 4,
  nexthops: 3,
  sysctls: 3,
  pvds: 4,
  pvdsPerLink: 3,
  pvdRouters: 2,
  pvdPrefixes: 3,
  pvdRouteInfos: 3,
  pvdRdnss: 2,
  pvdDnssl: 2,
  evidence: 6,
  pendingRas: 3,
  dumpTouched: 8,
};

const few = fc.integer({ min: 0, max: 5 });
const seconds = fc.constantFrom(0, 1, 60, 1800, 7200, 0xffffffff);

const plainOption: fc.Arbitrary<NdOption> = fc.oneof(
  fc.tuple(few, seconds).map(([i, sec]) => {
    return pio(`2001:db8:${i}::/64`, { validSec: sec, preferredSec: sec });
  }),
  fc.tuple(few, seconds).map(([i, sec]) => rio(`2001:db8:${i}0::/44`, sec)),
  fc.tuple(few, seconds).map(([i, sec]) => rdnss([`2001:db8::${i}`, '2001:db8::99'], sec)),
  fc.tuple(few, seconds).map(([i, sec]) => dnssl([`x${i}.example`], sec)),
);
const option: fc.Arbitrary<NdOption> = fc.oneof(
  plainOption,
  fc
    .tuple(few, fc.array(plainOption, { maxLength: 3 }))
    .map(([i, nested]) => pvd(`p${i}.example`, nested)),
);

/** RAs of a few routers on a few links, with a few PvDs, and what a kernel might make of them. */
const raEvents: fc.Arbitrary<KernelEvent[]> = fc
  .record({
    sec: fc.integer({ min: 0, max: 9000 }),
    router: few.map((i) => `fe80::${i + 1}`),
    ifindex: fc.integer({ min: 1, max: 3 }),
    lifetimeSec: fc.constantFrom(0, 60, 1800),
    options: fc.array(option, { maxLength: 6 }),
    accepted: fc.boolean(),
    makes: few,
  })
  .map(({ sec, router, ifindex, lifetimeSec, options, accepted, makes }) =>
    ra(sec, { router, ifindex, options, accepted, header: { lifetimeSec } }, [
      route(at(sec), makes + 1, `2001:db8:${makes}::/64`, { ...RA_PREFIX, oif: ifindex }),
      address(at(sec), `2001:db8:${makes}::1`, { ...SLAAC, ifindex }),
    ]),
  );

const history: fc.Arbitrary<KernelEvent[]> = fc
  .array(
    fc.oneof(
      anyEvent.map((event) => [event]),
      raEvents,
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.flat().map((event) => decodeRecord(encodeRecord(event as never))));

function everything(world: World): unknown[] {
  return [...snapshots(world)].map(presentSnapshot);
}

function checkBounds(world: World): void {
  assert.ok(world.netns.size <= SMALL.netns && world.dead.size <= SMALL.netns);
  assert.ok(world.pendingRas.size <= SMALL.pendingRas);
  for (const ns of world.netns.values()) {
    const sizes: Partial<Record<keyof Limits, number>> = {
      links: ns.links.size,
      devconf: ns.devconf.size,
      addresses: ns.addresses.size,
      routes: ns.routes.size,
      neighbours: ns.neighbours.size,
      nexthops: ns.nexthops.size,
      sysctls: ns.sysctls.size,
      pvds: Math.max(ns.pvds.size, ns.own.pvds.size),
      evidence: ns.own.index.evidence.size,
      pendingRas: ns.own.index.pending.length,
    };
    for (const pvdRecord of ns.pvds.values()) {
      sizes.pvdRouters = Math.max(sizes.pvdRouters ?? 0, pvdRecord.routers.length);
      sizes.pvdPrefixes = Math.max(sizes.pvdPrefixes ?? 0, pvdRecord.prefixes.length);
      sizes.pvdRdnss = Math.max(sizes.pvdRdnss ?? 0, pvdRecord.rdnss.length);
      sizes.pvdDnssl = Math.max(sizes.pvdDnssl ?? 0, pvdRecord.dnssl.length);
    }
    for (const [bound, size] of Object.entries(sizes)) {
      assert.ok(size <= SMALL[bound as keyof Limits], `${bound}: ${size}`);
    }
    // Born with ten labels and two rules, whatever the bounds.
    assert.ok(ns.labels.length <= 10 && ns.rules.length <= SMALL.rules + 2);
    checkIndex(ns);
  }
}

/** Nothing in the indexes outlives its object. */
function checkIndex({
  own,
  addresses,
  routes,
}: World['netns'] extends Map<bigint, infer N> ? N : never): void {
  const { index } = own;
  for (const key of index.addresses.claims.keys()) assert.ok(addresses.has(key), key);
  for (const key of index.addresses.before) assert.ok(addresses.has(key), `before ${key}`);
  for (const id of index.routes.claims.keys()) assert.ok(routes.has(id), `${id}`);
  for (const id of index.routes.before) assert.ok(routes.has(id), `before ${id}`);
  for (const keys of index.providers.values()) {
    for (const key of keys) assert.ok(addresses.has(key), `provider ${key}`);
  }
}

test('no record makes it throw, and its bounds hold after each', () => {
  fc.assert(
    fc.property(history, (events) => {
      const world = worldOf([], SMALL);
      for (const event of events) {
        applyEvent(world, event);
        checkBounds(world);
      }
    }),
    { numRuns: 300 },
  );
});

test('random bytes as the message of an accepted RA do not make it throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
      const [event, done] = ra(1);
      assert.ok(event?.kind === 'ra' && done);
      const message = new Uint8Array([...event.message.subarray(0, 16), ...noise]);
      const world = worldOf([{ ...event, message, msgLenBytes: message.length }, done]);
      assert.ok(stateOf(world));
    }),
    { numRuns: 1000 },
  );
});

test('the same events give the same state and the same changes', () => {
  fc.assert(
    fc.property(history, (events) => {
      const [a, b] = [worldOf([]), worldOf([])];
      assert.deepEqual(feed(a, events), feed(b, events));
      assert.deepEqual(everything(a), everything(b));
    }),
  );
});

test('what is presented can be read back', () => {
  fc.assert(
    fc.property(history, (events) => {
      for (const snapshot of snapshots(worldOf(events))) {
        const json = presentSnapshot(snapshot);
        const copy = JSON.parse(JSON.stringify(json)) as typeof json;
        assert.deepEqual(presentSnapshot(parseSnapshot(copy)), json);
      }
    }),
  );
});

const TABLES = [
  'link',
  'devconf',
  'address',
  'route',
  'rule',
  'label',
  'neighbour',
  'nexthop',
  'pvd',
  'sysctl',
] as const;

test('a reader that follows the changes has the state', () => {
  fc.assert(
    fc.property(history, (events) => {
      const world = worldOf([]);
      const mirror = new Map<string, unknown>();
      for (const change of feed(world, events)) follow(mirror, change);
      const state = new Map<string, unknown>();
      for (const ns of snapshots(world)) {
        const value = { name: ns.name, inum: ns.inum, seeded: ns.seeded };
        state.set(`${ns.netnsCookie} netns `, value);
        for (const [key, row] of rowsOf(ns)) state.set(`${ns.netnsCookie} ${key}`, row);
      }
      assert.deepEqual(new Set(mirror.keys()), new Set(state.keys()));
      for (const [key, value] of state) assert.deepEqual(mirror.get(key), value, key);
    }),
    { numRuns: 300 },
  );
});

function follow(
  mirror: Map<string, unknown>,
  { netnsCookie, object, op, key, value }: Change,
): void {
  const name = `${netnsCookie} ${object} ${key}`;
  if (op !== 'del') {
    assert.equal(mirror.has(name), op === 'change', `${op} of ${name}`);
    mirror.set(name, value);
    return;
  }
  assert.ok(mirror.delete(name), `del of ${name}`);
  if (object !== 'netns') return;
  for (const other of mirror.keys()) if (other.startsWith(`${netnsCookie} `)) mirror.delete(other);
}

function* rowsOf(ns: ReturnType<typeof stateOf>): Generator<[string, unknown]> {
  const maps = {
    link: ns.links,
    address: ns.addresses,
    route: ns.routes,
    neighbour: ns.neighbours,
    nexthop: ns.nexthops,
    pvd: ns.pvds,
  };
  for (const [object, rows] of Object.entries(maps)) {
    for (const [key, row] of rows as Map<unknown, unknown>) yield [`${object} ${key}`, row];
  }
  for (const [ifindex, conf] of ns.devconf) yield [`devconf ${ifindex}`, { ifindex, conf }];
  for (const [name, value] of ns.sysctls) yield [`sysctl ${name}`, { name, value }];
  for (const r of ns.rules) yield [`rule ${r.id}`, r];
  for (const l of ns.labels) yield [`label ${l.prefix} ${l.ifindex}`, l];
  assert.equal(TABLES.length, Object.keys(maps).length + 4);
}

/** A kernel with one table: what it does to its routes, and when its dump reads them. */
const kernel = fc.record({
  steps: fc.array(fc.record({ id: fc.integer({ min: 1, max: 4 }), metric: few }), {
    maxLength: 30,
  }),
  begin: fc.nat(30),
  read: fc.nat(30),
  end: fc.nat(30),
});

test('wherever a dump falls among the changes, the state is the kernel’s', () => {
  fc.assert(
    fc.property(kernel, ({ steps, ...marks }) => {
      const [begin, read, end] = Object.values(marks).sort((a, b) => a - b) as [
        number,
        number,
        number,
      ];
      const table = new Map<number, number>();
      const events: KernelEvent[] = [];
      let staged: KernelEvent[] = [];
      for (let i = 0; i <= 30; i++) {
        if (i === begin) events.push(dumpMark(i, 'begin'));
        if (i === read) {
          staged = [...table].map(([id, metric]) =>
            route(at(i - 0.1, 'dump'), id, '::/0', { metric }),
          );
        }
        if (i === end) events.push(...staged, dumpMark(i, 'end'));
        const step = steps[i];
        // Reports of what happened before the hooks were attached do not exist.
        const event = step && change(table, i, step.id, step.metric);
        if (event && i >= begin) events.push(event);
      }
      const found = [...stateOf(worldOf(events)).routes.values()];
      const expected = [...table].map(([id, metric]) => `${id} ${metric}`).sort();
      assert.deepEqual(found.map(({ id, metric }) => `${id & 0xfn} ${metric}`).sort(), expected);
      assert.equal(stateOf(worldOf(events)).netnsCookie, COOKIE);
    }),
    { numRuns: 500 },
  );
});

/** Metric 0 stands for removal. */
function change(
  table: Map<number, number>,
  sec: number,
  id: number,
  metric: number,
): KernelEvent | undefined {
  const known = table.has(id);
  if (metric === 0) {
    return table.delete(id) ? route(at(sec, 'del'), id, '::/0') : undefined;
  }
  table.set(id, metric);
  return route(at(sec, known ? 'change' : 'new'), id, '::/0', { metric });
}

test('a flood of RAs costs no more in the end than at its start', () => {
  const world = worldOf([], { ...LIMITS, pvds: 64, pvdsPerLink: 32, evidence: 256 });
  const bytes = (): number => JSON.stringify(everything(world)).length;
  const flood = (from: number): void => {
    for (let i = from; i < from + 500; i++) {
      const hex = i.toString(16);
      const options = [pvd(`x${i}.example`), pio(`2001:db8:${hex}::/64`), dnssl([`d${i}.example`])];
      feed(world, ra(1 + i / 1000, { router: `fe80::${hex}`, options }));
    }
  };
  flood(1);
  const before = bytes();
  flood(1000);
  assert.ok(bytes() - before < 100, `${before} → ${bytes()}`);
  assert.equal(stateOf(world).pvds.size, 32);
});
