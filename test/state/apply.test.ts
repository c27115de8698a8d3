/** Live events: what is set, what goes, what a netns is born with. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KernelEvent } from '../../src/decode/event.ts';
import { applyEvent } from '../../src/state/apply.ts';
import { isAddressExpired, isRouteExpired } from '../../src/state/expire.ts';
import { LIMITS } from '../../src/state/limits.ts';
import { createWorld, snapshotOf, snapshots } from '../../src/state/world.ts';
import {
  address,
  at,
  COOKIE,
  dumpMark,
  entry,
  feed,
  label,
  link,
  neighbour,
  ra,
  raEvent,
  route,
  rule,
  SEC,
  SLAAC,
  stateOf,
  worldOf,
} from './fixture.ts';

const born = { ...at(1), kind: 'netns', inum: 77 } as const;

describe('a netns born under watch', () => {
  test('is known from its birth, with the rules and labels of the kernel', () => {
    const world = worldOf([link(at(0.9), 1, 'lo'), born]);
    const state = stateOf(world);
    assert.equal(state.seeded, true);
    assert.equal(state.inum, 77);
    assert.deepEqual([...state.links.keys()], [1]);
    assert.deepEqual(
      state.rules.map(({ pref, table }) => [pref, table]),
      [
        [0, 255],
        [32766, 254],
      ],
    );
    const labels = Object.fromEntries(state.labels.map((l) => [l.prefix, l.label]));
    assert.equal(state.labels.length, 10);
    assert.deepEqual([labels['fc00::/7'], labels['2001::/32'], labels['::/0']], [5, 6, 1]);
  });

  test('one met alive is not known', () => {
    assert.equal(stateOf(worldOf([link(at(1))])).seeded, false);
  });

  test('drops everything when it goes, and no straggler revives it', () => {
    const world = worldOf([born, link(at(2)), raEvent(2.5)]);
    const changes = feed(world, [{ ...born, op: 'del' }]);
    assert.deepEqual(
      changes.map(({ object, op }) => [object, op]),
      [['netns', 'del']],
    );
    assert.equal(world.pendingRas.size, 0);
    assert.deepEqual(feed(world, [link(at(4, 'del')), route(at(4), 1, '::/0')]), []);
    assert.deepEqual([...snapshots(world)], []);
  });

  test('another with the same inode is another', () => {
    const world = worldOf([born, link(at(2)), { ...born, op: 'del' }]);
    feed(world, [{ ...born, netnsCookie: 5000n }]);
    assert.equal(snapshotOf(world, 5000n)?.links.size, 0);
    assert.equal(snapshotOf(world, COOKIE), undefined);
  });

  test('remembers a bounded number of dead cookies', () => {
    const world = createWorld({ ...LIMITS, netns: 3 });
    for (let i = 1n; i <= 10n; i++) applyEvent(world, { ...born, op: 'del', netnsCookie: i });
    assert.deepEqual([...world.dead], [8n, 9n, 10n]);
  });

  test('one too many is refused and counted', () => {
    const world = createWorld({ ...LIMITS, netns: 2 });
    for (let i = 1n; i <= 4n; i++) applyEvent(world, { ...born, netnsCookie: i });
    assert.equal(world.netns.size, 2);
    assert.equal(world.refusedNetns, 2);
  });

  test('gets its name from the agent', () => {
    const named = { ...at(2), kind: 'agent-netns', name: 'host', inum: 77 } as const;
    const world = worldOf([born, named]);
    assert.equal(stateOf(world).name, 'host');
    assert.deepEqual(feed(world, [named]), []);
  });
});

describe('addresses', () => {
  const key = '2 2001:db8::1';

  test('count their lifetimes from the last refresh, permanent ones never end', () => {
    const world = worldOf([address(at(10), '2001:db8::1', SLAAC), address(at(10), '2001:db8::2')]);
    const { addresses } = stateOf(world);
    assert.equal(addresses.get(key)?.validUntil, 7210n * SEC);
    assert.equal(addresses.get(key)?.preferredUntil, 3610n * SEC);
    assert.equal(addresses.get('2 2001:db8::2')?.validUntil, undefined);
  });

  test('stay until the kernel removes them, known to be over', () => {
    const world = worldOf([address(at(10), '2001:db8::1', SLAAC)]);
    feed(world, [{ ...at(9000), kind: 'tick', netnsCookie: 0n }]);
    const known = stateOf(world).addresses.get(key);
    assert.ok(known);
    assert.equal(isAddressExpired(known, 7209n * SEC), false);
    assert.equal(isAddressExpired(known, 9000n * SEC), true);
  });

  const removals = [
    ['del', address(at(20, 'del'), '2001:db8::1')],
    ['RTM_DELADDR notification', address(at(20, 'change'), '2001:db8::1', { event: 21 })],
    ['dead state', address(at(20, 'change'), '2001:db8::1', { state: 4 })],
    ['its device', link(at(20, 'del'))],
  ] as const;
  for (const [what, event] of removals) {
    test(`go with: ${what}`, () => {
      const world = worldOf([link(at(1)), address(at(10), '2001:db8::1'), event]);
      assert.equal(stateOf(world).addresses.size, 0);
      const late = address(at(20, 'change'), '2001:db8::1', { event: 21 });
      assert.deepEqual(feed(world, [late]), []);
    });
  }

  test('an address made anew is the newest', () => {
    const [a, b] = ['2001:db8::1', '2001:db8::2'];
    const world = worldOf([address(at(1), a), address(at(2), b), address(at(3), a)]);
    assert.deepEqual([...stateOf(world).addresses.keys()], [`2 ${b}`, `2 ${a}`]);
  });

  test('what failed changed nothing', () => {
    assert.deepEqual(
      stateOf(worldOf([link(at(1)), address(at(2, 'fail'), '::5')])).addresses.size,
      0,
    );
  });
});

describe('routes', () => {
  const only = (world: ReturnType<typeof worldOf>) => [...stateOf(world).routes.values()];

  test('are told apart by id, whatever they say', () => {
    const world = worldOf([route(at(1), 1, '::/0'), route(at(2), 2, '::/0')]);
    assert.equal(stateOf(world).routes.size, 2);
    feed(world, [route(at(3, 'del'), 1, '::/0')]);
    assert.deepEqual(
      only(world).map(({ id }) => id),
      [entry(2, '::/0').id],
    );
  });

  test('an id that is used again is another route, behind the others', () => {
    const world = worldOf([route(at(1), 1, '::/0'), route(at(2), 2, '::/0')]);
    const changes = feed(world, [route(at(3), 1, '2001:db8::/32')]);
    assert.deepEqual(
      changes.map(({ op }) => op),
      ['del', 'new'],
    );
    assert.deepEqual(
      only(world).map(({ dst }) => dst),
      ['::', '2001:db8::'],
    );
  });

  test('a refused duplicate hands its expiry to an entry that has one', () => {
    const world = worldOf([
      route(at(1), 1, '::/0', { expiresNs: 100n * SEC }),
      route(at(1), 2, '2001:db8::/32'),
    ]);
    const duplicate = (dst: string) => {
      const event = route(at(2, 'change'), 0, dst, { expiresNs: 200n * SEC, id: 0n });
      return { ...event, error: -17 };
    };
    feed(world, [duplicate('::/0'), duplicate('2001:db8::/32'), duplicate('2001:db8:5::/48')]);
    assert.deepEqual(
      only(world).map(({ expiresNs }) => expiresNs),
      [200n * SEC, undefined],
    );
  });

  test('the null entry is none', () => {
    const world = worldOf([link(at(0)), route(at(1, 'change'), 1, '::/0', { table: 0, type: 7 })]);
    assert.equal(stateOf(world).routes.size, 0);
  });

  test('expire just after the instant', () => {
    const old = entry(1, '::/0', { expiresNs: 5n });
    assert.deepEqual(
      [4n, 5n, 6n].map((now) => isRouteExpired(old, now)),
      [false, false, true],
    );
    assert.equal(isRouteExpired(entry(1, '::/0'), 2n ** 63n), false);
  });

  test('past the limit are refused, counted, and the state is no longer known', () => {
    const world = worldOf([born], { ...LIMITS, routes: 2 });
    feed(
      world,
      [1, 2, 3, 4].map((id) => route(at(2), id, '::/0')),
    );
    assert.equal(stateOf(world).routes.size, 2);
    assert.deepEqual({ ...stateOf(world).refused }, { routes: 2 });
    assert.equal(stateOf(world).seeded, false);
    assert.deepEqual(stateOf(world).missing, [{ part: 'routes', reason: 'limit' }]);
  });
});

describe('rules, labels, neighbours, nexthops, settings', () => {
  const id = 0xffff_8881_0000_1000n;

  test('a rule is found by id, or by content when its id is not known', () => {
    const world = worldOf([born, rule(at(2), 100, { id, table: 7 })]);
    assert.deepEqual(
      stateOf(world).rules.map(({ pref }) => pref),
      [0, 100, 32766],
    );
    feed(world, [rule(at(3, 'del'), 100, { id, table: 7 })]);
    feed(world, [rule(at(4, 'del'), 0, { id: id + 1n, table: 255 })]);
    assert.deepEqual(
      stateOf(world).rules.map(({ pref }) => pref),
      [32766],
    );
  });

  test('a rule follows the device it names: gone, come again, renamed', () => {
    const world = worldOf([born, link(at(1), 7, 'red')]);
    const indices = () => stateOf(world).rules.map(({ iif, oif }) => [iif, oif])[1];
    feed(world, [rule(at(2), 100, { id, oifname: 'red', oif: 7, iifname: 'blue', iif: -1 })]);
    assert.deepEqual(indices(), [-1, 7]);
    feed(world, [link(at(3, 'del'), 7, 'red')]);
    assert.deepEqual(indices(), [-1, -1]);
    feed(world, [link(at(4), 9, 'red')]);
    assert.deepEqual(indices(), [-1, 9]);
    feed(world, [{ ...link(at(5, 'change'), 9, 'blue'), event: 11 }]);
    assert.deepEqual(indices(), [9, -1]);
  });

  test('equal preferences keep the order of insertion', () => {
    const world = worldOf([
      rule(at(1), 9, { id, table: 1 }),
      rule(at(2), 5, { id: id + 1n }),
      rule(at(3), 9, { id: id + 2n, table: 2 }),
    ]);
    assert.deepEqual(
      stateOf(world).rules.map(({ pref, table }) => [pref, table]),
      [
        [5, 254],
        [9, 1],
        [9, 2],
      ],
    );
  });

  test('labels are replaced and removed by prefix and interface', () => {
    const world = worldOf([born, label(at(2), 'fc00::/7', 13)]);
    assert.equal(stateOf(world).labels.find((l) => l.prefix === 'fc00::/7')?.label, 13);
    feed(world, [label(at(3, 'del'), 'fc00::/7', 0)]);
    assert.equal(stateOf(world).labels.length, 9);
  });

  test('notifications of a device that is in no list make no row', () => {
    const change = (sec: number, event: number): KernelEvent => ({
      ...link(at(sec, 'change')),
      event,
    });
    const world = worldOf([born, change(2, 17)]);
    assert.equal(stateOf(world).links.size, 0);
    feed(world, [link(at(3, 'new')), change(4, 1), link(at(5, 'del'))]);
    assert.deepEqual(feed(world, [change(6, 6), change(7, 18)]), []);
    // Without a hook on list_netdevice() this is how one comes.
    assert.equal(feed(world, [change(8, 5)]).length, 1);
    // Of a netns that is not known yet one cannot tell, but for the last that is said.
    const unknown = worldOf([change(2, 1)]);
    assert.equal(stateOf(unknown).links.size, 1);
    feed(unknown, [link(at(5, 'del')), change(6, 6)]);
    assert.equal(stateOf(unknown).links.size, 0);
  });

  test('a prefix has a second label once another of its length came between', () => {
    const [a, b] = ['2001:db8:a1::/48', '2001:db8:a2::/48'];
    const labels = (world: ReturnType<typeof worldOf>): (string | number)[][] =>
      stateOf(world)
        .labels.filter(({ prefix }) => prefix === a || prefix === b)
        .map(({ prefix, label: value }) => [prefix, value]);
    const events = [label(at(2), a, 20), label(at(3), a, 21), label(at(4), b, 30)];
    const world = worldOf([born, ...events, label(at(5), a, 22), label(at(6), a, 23)]);
    const both = [
      [a, 21],
      [b, 30],
      [a, 23],
    ];
    assert.deepEqual(labels(world), both);
    const rows = [label(at(7), a, 23), label(at(7), b, 30), label(at(7), a, 21)];
    const [late, kernels] = [worldOf([]), [...stateOf(world).labels].slice(0, 10).toReversed()];
    const others = kernels.map((l) => label(at(7), l.prefix, l.label));
    const read = [...rows, ...others].map((event) => ({ ...event, op: 'dump' }) as const);
    const dumped = [dumpMark(7, 'begin'), ...read, dumpMark(8, 'end')];
    feed(late, dumped);
    assert.deepEqual(labels(late), both);
    // The same dump finds no drift, and the newest goes first.
    assert.ok(
      !feed(world, dumped).some(({ object, key }) => object === 'label' && key.startsWith(a)),
    );
    for (const one of [late, world]) {
      feed(one, [label(at(9, 'del'), a, 0)]);
      assert.deepEqual(labels(one), both.slice(0, 2));
    }
  });

  test('neighbours change state and go', () => {
    const world = worldOf([neighbour(at(1), 'fe80::1', 2)]);
    assert.deepEqual(feed(world, [neighbour(at(2, 'change'), 'fe80::1', 2)]), []);
    const [change] = feed(world, [neighbour(at(3, 'change'), 'fe80::1', 4)]);
    assert.ok(change?.object === 'neighbour' && change.value.nudState === 4);
    feed(world, [neighbour(at(4, 'del'), 'fe80::1', 0)]);
    assert.equal(stateOf(world).neighbours.size, 0);
  });

  test('neighbours that are multicast, or addresses that are not valid, are left out', () => {
    const world = worldOf([
      neighbour(at(1), 'ff02::1', 0x40),
      { ...neighbour(at(1), 'fe80::1', 0x20), lladdr: '02:00:00:00:00:09' },
    ]);
    const rows = [...stateOf(world).neighbours.values()];
    assert.deepEqual(
      rows.map(({ addr, lladdr }) => [addr, lladdr]),
      [['fe80::1', '']],
    );
  });

  test('flags of a link that are computed are left out', () => {
    const world = worldOf([{ ...link(at(1)), flags: 0x11043 }]);
    assert.equal(stateOf(world).links.get(2)?.flags, 0x1003);
  });

  test('a sysctl below conf changes the interface, all.forwarding every interface', () => {
    const conf = { forwarding: 0, acceptRa: 1 } as never;
    const set = (dir: string, name: string, value: bigint) =>
      ({ ...at(3, 'change'), kind: 'sysctl', dir, name, value, error: 0 }) as const;
    const world = worldOf([
      link(at(1)),
      ...[0, -1, 2].map((ifindex) => ({ ...at(1), kind: 'devconf', ifindex, conf }) as const),
      set('eth2', 'accept_ra', 2n),
      set('all', 'forwarding', 1n),
      set('all', 'accept_ra', 0n),
      set('ipv6', 'fib_multipath_hash_policy', 1n),
      set('route', 'gc_interval', 30n),
      set('icmp', 'forwarding', 1n),
      set('nodev', 'forwarding', 1n),
    ]);
    const { devconf, sysctls } = stateOf(world);
    assert.deepEqual(
      [...devconf].map(([ifindex, c]) => [ifindex, c.forwarding, c.acceptRa]),
      [
        [0, 1, 0],
        [-1, 1, 1],
        [2, 1, 2],
      ],
    );
    assert.deepEqual(
      [...sysctls],
      [
        ['fib_multipath_hash_policy', 1],
        ['route.gc_interval', 30],
        ['icmp.forwarding', 1],
      ],
    );
  });

  test('timers told in jiffies are what their files say', () => {
    const sysctl = (op: 'change' | 'dump', name: string, value: bigint) =>
      ({ ...at(3, op), kind: 'sysctl', dir: 'route', name, value, error: 0 }) as const;
    const info = { hz: 250 } as never;
    const start = { ...at(1, 'none', 0n), kind: 'agent-start', info } as const;
    const ofHook = (name: string, value: bigint) =>
      stateOf(worldOf([start, sysctl('change', name, value)])).sysctls.get(`route.${name}`);
    assert.equal(ofHook('gc_interval', 7500n), 30);
    assert.equal(ofHook('gc_min_interval_ms', 125n), 500);
    assert.equal(ofHook('max_size', 4096n), 4096);
    const read = [dumpMark(2, 'begin'), sysctl('dump', 'gc_interval', 30n), dumpMark(4, 'end')];
    assert.equal(stateOf(worldOf([start, ...read])).sysctls.get('route.gc_interval'), 30);
  });

  test('shares are stale when ignore_routes_with_linkdown changes without a carrier, until one comes', () => {
    const conf = { ignoreRoutesWithLinkdown: 0 } as never;
    const down = { ...link(at(1)), carrier: false };
    const write = (value: bigint) =>
      ({
        ...at(3, 'change'),
        kind: 'sysctl',
        dir: 'eth2',
        name: 'ignore_routes_with_linkdown',
        value,
        error: 0,
      }) as const;
    const devconf = { ...at(1), kind: 'devconf', ifindex: 2, conf } as const;
    const stale = (...events: KernelEvent[]) =>
      stateOf(worldOf(events)).links.get(2)?.sharesStale === true;
    assert.equal(stale(down, devconf, write(0n)), false);
    assert.equal(stale(down, devconf, write(1n)), true);
    assert.equal(stale(link(at(1)), devconf, write(1n)), false);
    assert.equal(stale(down, devconf, write(1n), { ...down, ...at(4, 'change'), mtu: 1400 }), true);
    assert.equal(stale(down, devconf, write(1n), link(at(4, 'change'))), false);
  });
});

describe('loss', () => {
  const counters = (sec: number, byKind: Record<string, number>) =>
    ({ ...at(sec, 'none'), kind: 'lost', netnsCookie: 0n, byKind, total: 1 }) as const;

  test('a gap casts doubt until the counters clear it', () => {
    const world = worldOf([born, { ...link(at(2)), cpu: 1, lost: 3 }]);
    assert.equal(stateOf(world).lostNs, 2n * SEC);
    feed(world, [counters(3, { lookup: 3 })]);
    assert.equal(stateOf(world).lostNs, undefined);
    feed(world, [{ ...link(at(4)), cpu: 1, lost: 3 }]);
    assert.equal(stateOf(world).lostNs, undefined);
  });

  test('lost state stays lost until a later dump', () => {
    const mark = (sec: number, op: 'begin' | 'end') =>
      ({ ...at(sec, op), kind: `dump-${op}`, missing: [] }) as const;
    const world = worldOf([born, mark(2, 'begin'), counters(3, { route: 1 }), mark(4, 'end')]);
    assert.equal(stateOf(world).lostNs, 3n * SEC);
    feed(world, [counters(5, { route: 1 })]);
    assert.equal(stateOf(world).lostNs, 3n * SEC);
    feed(world, [mark(6, 'begin'), mark(7, 'end')]);
    assert.equal(stateOf(world).lostNs, undefined);
  });
});

test('changes tell the key, the op and the value as it is or was', () => {
  const world = worldOf([born]);
  const changes = feed(world, [
    link(at(2)),
    link(at(3, 'change')),
    { ...link(at(4, 'change')), mtu: 1400 },
    link(at(5, 'del')),
  ]);
  assert.deepEqual(
    changes.map((c) => [c.object, c.op, c.key, c.object === 'link' && c.value.mtu]),
    [
      ['link', 'new', '2', 1500],
      ['link', 'change', '2', 1400],
      ['link', 'del', '2', 1400],
    ],
  );
  const before = stateOf(world).version;
  const made = feed(world, ra(6));
  assert.equal(stateOf(world).version, before + made.length);
});
