/** Dumps against hooks: late starts, races, reconciliation. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KernelEvent } from '../../src/decode/event.ts';
import { isDrift } from '../../src/state/drift.ts';
import { LIMITS } from '../../src/state/limits.ts';
import { presentSnapshot } from '../../src/state/present.ts';
import {
  address,
  at,
  attributions,
  dumpMark,
  entry,
  feed,
  LOCAL,
  label,
  link,
  neighbour,
  pio,
  RA_DEFAULT,
  RA_PREFIX,
  ra,
  route,
  rule,
  SLAAC,
  stateOf,
  worldOf,
} from './fixture.ts';

/** A dump that takes from `from` to `to`; its records are stamped in between as given. */
function dump(from: number, to: number, events: readonly KernelEvent[]): KernelEvent[] {
  return [
    dumpMark(from, 'begin'),
    ...events.map((event) => ({ ...event, op: 'dump' }) as KernelEvent),
    dumpMark(to, 'end'),
  ];
}

/** The state without what only an early start can know. */
function comparable(world: ReturnType<typeof worldOf>): unknown {
  const { tables } = presentSnapshot(stateOf(world));
  const bare = (rows: readonly object[]) => rows.map((row) => ({ ...row, attribution: 0 }));
  const rules = tables.rule.map((row) => ({ ...row, id: 0 }));
  return {
    ...tables,
    address: bare(tables.address),
    route: bare(tables.route),
    rule: rules,
    pvd: 0,
  };
}

const gateway = { gateway: 'fe80::1' } as never as { gateway: ReturnType<typeof entry>['gateway'] };

/** What happened before a late start: everything the kernel still knows of it. */
const STATE = [
  link(at(1), 1, 'lo'),
  link(at(1)),
  address(at(3), 'fe80::2', { flags: 0x80, proto: 3, scope: 0x20 }),
  address(at(4), '2001:db8::2', SLAAC),
  address(at(5), '2001:db8:9::2'),
  route(at(5), 1, '::/0', { ...RA_DEFAULT, ...gateway }),
  route(at(5), 2, '2001:db8::/64', RA_PREFIX),
  route(at(5), 3, '2001:db8::2/128', LOCAL),
  neighbour(at(6), 'fe80::1', 2),
] as const;

const BIRTH = { ...at(0), kind: 'netns', inum: 1 } as const;
const DEFAULTS = [
  rule(at(9), 0, { table: 255 }),
  rule(at(9), 32766),
  ...(
    [
      ['::/0', 1],
      ['fc00::/7', 5],
      ['fec0::/10', 11],
      ['2002::/16', 2],
      ['3ffe::/16', 12],
      ['2001::/32', 6],
      ['2001:10::/28', 7],
      ['::ffff:0:0/96', 4],
      ['::/96', 3],
      ['::1/128', 0],
    ] as const
  ).map(([prefix, value]) => label(at(9), prefix, value)),
];

/** In the order of the kernel's lists: addresses of an interface and labels newest first. */
function dumped(): KernelEvent[] {
  const isReversed = ({ kind }: KernelEvent): boolean => kind === 'addr' || kind === 'label';
  const all = [...STATE, ...DEFAULTS];
  return [...all.filter((e) => !isReversed(e)), ...all.filter(isReversed).toReversed()].map(
    (event) => ({ ...event, tsNs: at(10).tsNs }),
  );
}

describe('late start', () => {
  test('sees what an early start sees', () => {
    const early = worldOf([BIRTH, ...STATE]);
    const late = worldOf(dump(10, 11, dumped()));
    assert.equal(stateOf(late).seeded, true);
    assert.deepEqual(comparable(late), comparable(early));
  });

  test('cannot know which RA it was, and says so, until the next one comes', () => {
    const late = worldOf(dump(10, 11, dumped()));
    assert.deepEqual(attributions(late), {
      '2 fe80::2': '- link-local',
      '2 2001:db8::2': '- learned-before-start',
      '2 2001:db8:9::2': '- static',
      '#1': '- learned-before-start',
      '#2': '- learned-before-start',
      '#3': '- derived:learned-before-start',
    });
    feed(late, ra(20, { options: [pio('2001:db8::/64')] }));
    const pvd = 'implicit:2:fe80::1';
    assert.deepEqual(attributions(late), {
      '2 fe80::2': '- link-local',
      '2 2001:db8::2': `${pvd} inferred:ra-pio`,
      '2 2001:db8:9::2': '- static',
      '#1': `${pvd} inferred:ra-router`,
      '#2': `${pvd} inferred:ra-pio`,
      '#3': `${pvd} derived:inferred:ra-pio`,
    });
  });

  test('a dump confirms an early start without a change', () => {
    const early = worldOf([BIRTH, ...STATE]);
    const before = comparable(early);
    const changes = feed(early, dump(10, 11, dumped()));
    assert.deepEqual(
      changes.map(({ object }) => object),
      ['netns'],
    );
    assert.deepEqual(comparable(early), before);
  });

  test('what an address was made of during the start is known', () => {
    const event = address(at(10.5), '2001:db8::9', SLAAC);
    const world = worldOf([
      dumpMark(10, 'begin'),
      ...ra(10.5, { options: [pio('2001:db8::/64')] }, [event]),
      { ...event, op: 'dump' },
      dumpMark(11, 'end'),
    ]);
    assert.equal(attributions(world)['2 2001:db8::9'], 'implicit:2:fe80::1 ra-pio');
  });
});

describe('a hook against a dump', () => {
  const R = (sec: number, op: 'new' | 'del' | 'change' | 'dump', metric = 1024) =>
    route(at(sec, op), 1, '::/0', { metric });
  const begin = dumpMark(10, 'begin');
  const end = dumpMark(20, 'end');
  const cases: readonly [string, readonly KernelEvent[], readonly number[]][] = [
    ['only in the dump', [begin, R(15, 'dump'), end], [1024]],
    ['gone before the dump', [R(1, 'new'), begin, end], []],
    ['made before, dumped the same', [R(1, 'new'), begin, R(15, 'dump'), end], [1024]],
    ['dump is newer than the change', [begin, R(12, 'change', 5), R(15, 'dump', 7), end], [7]],
    ['change is newer than the dump', [begin, R(16, 'change', 5), R(15, 'dump', 7), end], [5]],
    ['change of the same instant wins', [begin, R(15, 'change', 5), R(15, 'dump', 7), end], [5]],
    ['deleted after it was dumped', [begin, R(15, 'dump'), R(16, 'del'), end], []],
    ['deleted, then dumped late', [begin, R(16, 'del'), R(15, 'dump'), end], []],
    ['deleted before, made again', [R(1, 'new'), begin, R(12, 'del'), R(15, 'dump', 7), end], [7]],
    ['made after its table was read', [begin, R(16, 'new', 5), end], [5]],
    ['made and deleted during it', [begin, R(12, 'new'), R(16, 'del'), end], []],
    ['known, not touched, not dumped', [R(1, 'new'), begin, R(12, 'change', 5), end], [5]],
  ];
  for (const [name, events, metrics] of cases) {
    test(name, () => {
      const routes = [...stateOf(worldOf([link(at(0)), ...events])).routes.values()];
      assert.deepEqual(
        routes.map(({ metric }) => metric),
        metrics,
      );
    });
  }

  test('whose record of removal was lost goes with the dump', () => {
    const world = worldOf([begin, R(12, 'new'), route(at(15, 'dump'), 2, '::/0'), end]);
    assert.deepEqual([...stateOf(world).routes.keys()], [entry(2, '::/0').id]);
  });

  test('the order is that of the dump, then what came meanwhile', () => {
    const r = (sec: number, op: 'new' | 'del' | 'dump', id: number) =>
      route(at(sec, op), id, '::/0');
    const world = worldOf([
      r(1, 'new', 1),
      r(2, 'new', 2),
      begin,
      r(16, 'new', 9),
      r(15, 'dump', 3),
      r(15, 'dump', 2),
      r(15, 'dump', 1),
      r(17, 'del', 3),
      r(18, 'new', 3),
      end,
    ]);
    const ids = [...stateOf(world).routes.keys()].map((id) => Number(id & 0xffn));
    assert.deepEqual(ids, [2, 1, 9, 3]);
  });
});

describe('a dump that is not whole', () => {
  test('removes nothing of the part, and the state is not known', () => {
    const missing = [{ part: 'routes', reason: 'dump lost' }];
    const world = worldOf([
      BIRTH,
      route(at(1), 1, '::/0'),
      neighbour(at(1), 'fe80::1', 2),
      dumpMark(10, 'begin'),
      route(at(11, 'dump'), 2, '::/0'),
      dumpMark(12, 'end', missing),
    ]);
    assert.equal(stateOf(world).routes.size, 2);
    assert.equal(stateOf(world).neighbours.size, 0);
    assert.equal(stateOf(world).seeded, false);
    assert.deepEqual(stateOf(world).missing, missing);
    feed(world, dump(20, 21, [route(at(20), 2, '::/0')]));
    assert.equal(stateOf(world).seeded, true);
    assert.equal(stateOf(world).routes.size, 1);
  });

  test('one that never ended changes nothing', () => {
    const world = worldOf([route(at(1), 1, '::/0'), dumpMark(2, 'begin')]);
    feed(world, [route(at(3, 'dump'), 2, '::/0'), dumpMark(4, 'begin'), dumpMark(5, 'end')]);
    assert.equal(stateOf(world).routes.size, 0);
  });

  test('an end without a beginning is nothing', () => {
    assert.equal(stateOf(worldOf([link(at(1)), dumpMark(2, 'end')])).seeded, false);
  });

  test('too many changes meanwhile: nothing is removed on its word', () => {
    const world = worldOf([route(at(1), 1, '::/0')], { ...LIMITS, dumpTouched: 2 });
    const flood = [2, 3, 4, 5].map((id) => route(at(11), id, '::/0'));
    feed(world, [dumpMark(10, 'begin'), ...flood, dumpMark(12, 'end')]);
    assert.equal(stateOf(world).routes.size, 5);
    assert.equal(stateOf(world).seeded, false);
  });

  test('one larger than the replica may be is refused beyond', () => {
    const world = worldOf([], { ...LIMITS, routes: 2 });
    feed(
      world,
      dump(
        10,
        11,
        [1, 2, 3, 4, 5].map((id) => route(at(10), id, '::/0')),
      ),
    );
    assert.equal(stateOf(world).routes.size, 2);
    assert.deepEqual({ ...stateOf(world).refused }, { routes: 3 });
    assert.deepEqual(stateOf(world).missing, [{ part: 'routes', reason: 'limit' }]);
  });
});

describe('routes dumped over netlink have stand-in ids', () => {
  const standIn = (id: bigint, dst: string): KernelEvent => route(at(10, 'dump'), 0, dst, { id });
  const seeded = () =>
    worldOf([
      dumpMark(10, 'begin'),
      standIn(1n, '::/0'),
      standIn(2n, 'fd00::/8'),
      dumpMark(11, 'end'),
    ]);

  test('a hook finds them by content', () => {
    const world = seeded();
    feed(world, [route(at(12, 'del'), 7, '::/0')]);
    assert.deepEqual(
      [...stateOf(world).routes.values()].map(({ dst }) => dst),
      ['fd00::'],
    );
    feed(world, [route(at(13, 'change'), 8, 'fd00::/8', { metric: 1024, expiresNs: 9n })]);
    assert.deepEqual([...stateOf(world).routes.keys()], [entry(8, '::/0').id]);
  });

  test('the next dump finds them again', () => {
    const world = seeded();
    const ids = [...stateOf(world).routes.keys()];
    feed(world, [
      dumpMark(20, 'begin'),
      standIn(9n, 'fd00::/8'),
      standIn(1n, '::/0'),
      dumpMark(21, 'end'),
    ]);
    assert.deepEqual([...stateOf(world).routes.keys()].sort(), ids.sort());
  });
});

describe('a link that is read again outside of a dump', () => {
  const vrf = { ...link(at(2), 9, 'vrf9'), isL3Master: true };
  const read = { ...vrf, ...at(3, 'dump'), l3mdevTable: 7 };
  const tableOf = (events: readonly KernelEvent[]) =>
    stateOf(worldOf([link(at(1), 1, 'lo'), ...events])).links.get(9)?.l3mdevTable;

  test('completes what hooks cannot tell', () => {
    assert.equal(tableOf([vrf]), 0);
    assert.equal(tableOf([vrf, read]), 7);
  });

  test('is not undone by hooks, as long as it is the same device', () => {
    assert.equal(tableOf([vrf, read, { ...vrf, ...at(4, 'change') }]), 7);
    assert.equal(tableOf([vrf, read, { ...vrf, ...at(4, 'new') }]), 0);
    assert.equal(tableOf([vrf, read, { ...vrf, ...at(4, 'change'), isL3Master: false }]), 0);
  });

  test('does not come back when it is gone already', () => {
    assert.equal(tableOf([vrf, link(at(3, 'del'), 9), { ...read, ...at(4, 'dump') }]), undefined);
  });
});

test('the carrier of a device that is down is no drift, that of one that is up is', () => {
  const drift = (flags: number): boolean => {
    const up = { ...link(at(2)), flags, carrier: true };
    const world = worldOf([BIRTH, up]);
    const changes = feed(world, dump(10, 11, [{ ...up, ...at(10, 'dump'), carrier: false }]));
    return changes.filter(({ object }) => object === 'link').some(isDrift);
  };
  assert.deepEqual([drift(0x1002), drift(0x1003)], [false, true]);
});

test('since when an address is deprecated is no drift, until when it is preferred is', () => {
  const drift = (flags: number): boolean => {
    const known = address(at(2), '2001:db8::1', { flags, validLftSec: 100, preferredLftSec: 50 });
    const world = worldOf([BIRTH, link(at(1)), known]);
    // A dump has what is left of it, counted from the last change: nothing.
    const told = { ...known, ...at(10, 'dump'), preferredLftSec: 0 };
    const changes = feed(world, dump(10, 11, [link(at(10, 'dump')), told]));
    return changes.filter(({ object }) => object === 'address').some(isDrift);
  };
  assert.deepEqual([drift(0x20), drift(0)], [false, true]);
});

describe('what goes while a dump runs that has read it', () => {
  const loose = { oifname: 'x0', oif: -1 };

  test('a rule, which the dump cannot name, is gone', () => {
    const named = rule(at(3), 100, { id: 1n << 40n, ...loose });
    const read = rule(at(10.2, 'dump'), 100, { id: 0n, ...loose, frFlags: 0x10 });
    const gone = { ...named, ...at(10.5, 'del') };
    const prefs = (before: readonly KernelEvent[]): number[] => {
      const world = worldOf([dumpMark(10, 'begin'), ...before, read, dumpMark(11, 'end')]);
      return stateOf(world).rules.map(({ pref }) => pref);
    };
    assert.deepEqual(prefs([gone]), []);
    assert.deepEqual(prefs([]), [100]);
    // Gone before it was read: another one of the same content.
    assert.deepEqual(prefs([{ ...gone, ...at(10.1, 'del') }]), [100]);
  });

  test('a device does not come back by a notification', () => {
    const notify = { ...link(at(10.6, 'change'), 9), event: 18 };
    const known = [link(at(10.3), 9), link(at(10.5, 'del'), 9), notify];
    const world = worldOf([dumpMark(10, 'begin'), ...known, dumpMark(11, 'end')]);
    assert.deepEqual([...stateOf(world).links.keys()], []);
  });
});

describe('what hooks tell of for the first time while a dump runs', () => {
  const order = (op: 'new' | 'change'): unknown => {
    const told = [
      route(at(10.1, op), 7, '2001:db8::/64'),
      link(at(10.1, op), 2),
      address(at(10.1, op), '2001:db8::a', { flags: 0x80 }),
    ];
    const read = [
      ...[2, 3].map((ifindex) => link(at(10.2, 'dump'), ifindex)),
      ...[7, 8].map((id) => route(at(10.2, 'dump'), id, '2001:db8::/64')),
      ...['2001:db8::b', '2001:db8::a'].map((one) => address(at(10.2, 'dump'), one)),
    ];
    const late = told.map((event) => ({ ...event, ...at(10.3, 'change') }));
    const world = worldOf([dumpMark(10, 'begin'), ...told, ...read, ...late, dumpMark(11, 'end')]);
    const { links, addresses, routes } = stateOf(world);
    const addrs = [...addresses.values()].map(({ addr }) => addr);
    return [
      [...links.keys()],
      addrs,
      [...routes.keys()].map((id) => [7, 8].find((n) => entry(n, '::/0').id === id)),
    ];
  };

  test('keeps its place when it was there before', () => {
    assert.deepEqual(order('change'), [
      [2, 3],
      ['2001:db8::a', '2001:db8::b'],
      [7, 8],
    ]);
  });

  test('is last when it came', () => {
    assert.deepEqual(order('new'), [
      [3, 2],
      ['2001:db8::b', '2001:db8::a'],
      [8, 7],
    ]);
  });
});

test('flags that the kernel computes for a dump of rules are no drift', () => {
  const rules = { id: 1n << 40n, oifname: 'x0', oif: -1 };
  const world = worldOf([BIRTH, link(at(1)), rule(at(2), 100, rules)]);
  const read = rule(at(10, 'dump'), 100, { ...rules, id: 0n, frFlags: 0x10 });
  const changes = feed(world, dump(10, 11, [link(at(10)), read]));
  const drifted = changes.filter((change) => change.object === 'rule' && isDrift(change));
  // The rules of its birth are not in this dump.
  assert.deepEqual(
    drifted.map(({ op }) => op).filter((op) => op !== 'del'),
    [],
  );
});
