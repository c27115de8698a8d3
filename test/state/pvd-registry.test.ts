/** PvDs as RAs make them: identity, members, lifetimes, floods. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KernelEvent } from '../../src/decode/event.ts';
import { EMPTY_RA_HEADER } from '../../src/decode/nd/ra-header.ts';
import type { PvdId } from '../../src/net/pvd-id.ts';
import { LIMITS, type Limits } from '../../src/state/limits.ts';
import type { Pvd } from '../../src/state/snapshot.ts';
import {
  at,
  dnssl,
  feed,
  link,
  pio,
  pvd,
  RA_DEFAULT,
  ra,
  raDoneEvent,
  raEvent,
  rdnss,
  rio,
  route,
  SEC,
  stateOf,
  worldOf,
} from './fixture.ts';

type World = ReturnType<typeof worldOf>;
const IMPLICIT = 'implicit:2:fe80::1';

function tick(sec: number): KernelEvent {
  return { ...at(sec), kind: 'tick', netnsCookie: 0n };
}

function pvdOf(world: World, id: string): Pvd {
  const found = stateOf(world).pvds.get(id as PvdId);
  assert.ok(found, `no PvD ${id}: ${[...stateOf(world).pvds.keys()]}`);
  return found;
}

const ids = (world: World): string[] => [...stateOf(world).pvds.keys()];

describe('which PvD', () => {
  test('without PvD option: that of the interface and the router', () => {
    const world = worldOf([
      ...ra(1, { options: [pio('2001:db8::/64')] }),
      ...ra(2, { router: 'fe80::2' }),
      ...ra(3, { ifindex: 3 }),
    ]);
    assert.deepEqual(ids(world), [IMPLICIT, 'implicit:2:fe80::2', 'implicit:3:fe80::1']);
    const found = pvdOf(world, IMPLICIT);
    assert.equal(found.kind, 'implicit');
    assert.equal(found.name, IMPLICIT);
    assert.equal(found.raCount, 1);
  });

  test('with one: all of the RA is its, inside and outside', () => {
    const options = [
      pio('2001:db8:1::/64'),
      pvd('Cafe.Example', [pio('2001:db8:2::/64'), rdnss(['2001:db8::53'])], { sequence: 7 }),
      rio('2001:db8:ff::/48'),
    ];
    const found = pvdOf(worldOf(ra(1, { options })), 'cafe.example');
    assert.deepEqual([found.name, found.http, found.sequence], ['Cafe.Example', true, 7]);
    assert.deepEqual(
      found.prefixes.map(({ prefix, nested }) => [prefix, nested]),
      [
        ['2001:db8:1::/64', false],
        ['2001:db8:2::/64', true],
      ],
    );
    assert.deepEqual(
      found.rdnss.map(({ value, nested }) => [value, nested]),
      [['2001:db8::53', true]],
    );
    assert.equal(found.routeInfos.length, 1);
  });

  test('a prefix both inside and outside is no nested one', () => {
    const options = [pio('2001:db8::/64'), pvd('a.example', [pio('2001:db8::/64')])];
    const { prefixes } = pvdOf(worldOf(ra(1, { options })), 'a.example');
    assert.deepEqual(
      prefixes.map(({ nested }) => nested),
      [false],
    );
  });

  test('the header inside takes precedence', () => {
    const inner = { ...EMPTY_RA_HEADER, lifetimeSec: 60, preference: 'high' } as const;
    const options = [pvd('a.example', [], { ra: inner })];
    const [router] = pvdOf(worldOf(ra(1, { options })), 'a.example').routers;
    assert.deepEqual([router?.routerUntil, router?.preference], [61n * SEC, 'high']);
  });

  test('names are one without regard to case; the first spelling stays', () => {
    const world = worldOf([
      ...ra(1, { options: [pvd('Cafe.Example')] }),
      ...ra(2, { options: [pvd('CAFE.example', [], { sequence: 2 })] }),
    ]);
    assert.deepEqual(ids(world), ['cafe.example']);
    const found = pvdOf(world, 'cafe.example');
    assert.deepEqual([found.name, found.sequence, found.raCount], ['Cafe.Example', 2, 2]);
  });

  test('one explicit PvD spans interfaces and routers', () => {
    const world = worldOf([
      ...ra(1, { options: [pvd('a.example'), pio('2001:db8:1::/64')] }),
      ...ra(2, {
        ifindex: 3,
        router: 'fe80::3',
        options: [pvd('a.example'), pio('2001:db8:3::/64')],
      }),
    ]);
    const found = pvdOf(world, 'a.example');
    assert.deepEqual(
      found.routers.map(({ ifindex, router }) => [ifindex, router]),
      [
        [2, 'fe80::1'],
        [3, 'fe80::3'],
      ],
    );
    assert.deepEqual(
      found.prefixes.map(({ ifindex }) => ifindex),
      [2, 3],
    );
    feed(world, [link(at(3)), link(at(4, 'del'))]);
    assert.deepEqual(
      pvdOf(world, 'a.example').routers.map(({ ifindex }) => ifindex),
      [3],
    );
  });

  test('several explicit PvDs of one router live beside each other', () => {
    const world = worldOf([
      ...ra(1, { options: [pvd('a.example')] }),
      ...ra(2, { options: [pvd('b.example')] }),
      ...ra(3),
    ]);
    assert.deepEqual(ids(world), ['a.example', 'b.example', IMPLICIT]);
  });
});

describe('which RAs count', () => {
  const cases = [
    ['not reached', { reachedDiscovery: false, processed: false, acceptRa: 1, forwarding: 0 }, 0],
    ['accept_ra 0', { processed: false, acceptRa: 0, forwarding: 0 }, 0],
    ['accept_ra 1', { processed: false, acceptRa: 1, forwarding: 0 }, 1],
    ['forwarding, accept_ra 1', { processed: false, acceptRa: 1, forwarding: 1 }, 0],
    ['forwarding, accept_ra 2', { processed: false, acceptRa: 2, forwarding: 1 }, 1],
    ['processed', { processed: true, acceptRa: 0, forwarding: 1 }, 1],
  ] as const;
  for (const [name, fields, count] of cases) {
    test(`${name}: ${count}`, () => {
      const event = raEvent(1);
      const world = worldOf([event, { ...raDoneEvent(event), ...fields }]);
      assert.equal(stateOf(world).pvds.size, count);
    });
  }

  test('one with a wrong hop limit does not, whatever else', () => {
    const event = { ...raEvent(1), hopLimit: 64 };
    assert.deepEqual(ids(worldOf([event, raDoneEvent(event)])), []);
  });

  test('an outcome without RA is nothing', () => {
    assert.deepEqual(ids(worldOf([link(at(0)), raDoneEvent(raEvent(1))])), []);
  });

  test('whose outcome was lost: only when the kernel made something of it', () => {
    const made = route(at(1), 1, '::/0', { ...RA_DEFAULT, gateway: raEvent(0).saddr });
    const world = worldOf([raEvent(1), made, tick(3)]);
    assert.deepEqual(ids(world), [IMPLICIT]);
    assert.equal(stateOf(world).routes.values().next().value?.attribution.pvd, IMPLICIT);
    const other = worldOf([raEvent(1), ...ra(2, { router: 'fe80::2' })]);
    assert.deepEqual(ids(other), ['implicit:2:fe80::2']);
    assert.deepEqual({ ...stateOf(other).refused }, { raDone: 1 });
  });
});

describe('lifetimes', () => {
  test('members go with theirs, for ever is for ever', () => {
    const forever = 0xffffffff;
    const options = [
      pio('2001:db8:1::/64', { validSec: 100, preferredSec: 50 }),
      pio('2001:db8:2::/64', { validSec: forever, preferredSec: forever }),
      rio('2001:db8:ff::/48', 200),
      rdnss(['2001:db8::53'], 300),
      dnssl(['Example.com'], 400),
    ];
    const world = worldOf(ra(0, { options }));
    const counts = (): number[] => {
      const {
        routers,
        prefixes,
        routeInfos,
        rdnss: servers,
        dnssl: domains,
      } = pvdOf(world, IMPLICIT);
      const defaults = routers.filter(({ routerUntil }) => routerUntil !== undefined);
      return [defaults, prefixes, routeInfos, servers, domains].map(({ length }) => length);
    };
    const seen = [99, 100, 200, 300, 400, 1800, 99999].map((sec) => {
      feed(world, [tick(sec)]);
      return counts();
    });
    assert.deepEqual(seen, [
      [1, 2, 1, 1, 1],
      [1, 1, 1, 1, 1],
      [1, 1, 0, 1, 1],
      [1, 1, 0, 0, 1],
      [1, 1, 0, 0, 0],
      [0, 1, 0, 0, 0],
      [0, 1, 0, 0, 0],
    ]);
  });

  test('0 takes back what this router said, and nothing else', () => {
    const said = (sec: number) => [
      pio('2001:db8::/64', { validSec: sec, preferredSec: sec }),
      rio('2001:db8:ff::/48', sec),
      rdnss(['2001:db8::53'], sec),
      dnssl(['EXAMPLE.com'], sec),
    ];
    const both = [{}, { router: 'fe80::2' }].flatMap((from, i) =>
      ra(i, { ...from, options: [pvd('a.example'), ...said(1000)] }),
    );
    const world = worldOf(both);
    feed(world, ra(5, { options: [pvd('a.example'), ...said(0)], header: { lifetimeSec: 0 } }));
    const {
      routers,
      prefixes,
      routeInfos,
      rdnss: servers,
      dnssl: domains,
    } = pvdOf(world, 'a.example');
    for (const rows of [prefixes, routeInfos, servers, domains]) {
      assert.deepEqual(
        rows.map(({ router }) => router),
        ['fe80::2'],
      );
    }
    assert.deepEqual(
      routers.map(({ routerUntil }) => routerUntil !== undefined),
      [false, true],
    );
  });

  test('a PvD nobody speaks of any more is gone half an hour after the last word', () => {
    const world = worldOf(ra(0, { header: { lifetimeSec: 0 } }));
    feed(world, [tick(1799)]);
    assert.deepEqual(ids(world), [IMPLICIT]);
    const changes = feed(world, [tick(1800)]);
    assert.deepEqual(
      changes.map(({ object, op }) => [object, op]),
      [['pvd', 'del']],
    );
    assert.deepEqual(ids(world), []);
  });

  test('a router with a longer lifetime is not forgotten before it', () => {
    const world = worldOf(ra(0, { header: { lifetimeSec: 9000 } }));
    feed(world, [tick(8999)]);
    assert.equal(pvdOf(world, IMPLICIT).routers.length, 1);
    feed(world, [tick(9000)]);
    assert.deepEqual(ids(world), []);
  });

  test('time passes with decisions and other records, too', () => {
    const world = worldOf(ra(0, { header: { lifetimeSec: 0 } }));
    feed(world, [link(at(1800))]);
    assert.deepEqual(ids(world), []);
  });
});

describe('what is no member', () => {
  const refused = [
    ['link-local prefix', pio('fe80::/64')],
    ['multicast prefix', pio('ff00::/8')],
    ['preferred over valid', pio('2001:db8::/64', { validSec: 1, preferredSec: 2 })],
    ['reserved preference', { ...rio('2001:db8::/32'), preference: 'reserved' }],
    ['multicast server', rdnss(['ff02::fb'])],
  ] as const;
  for (const [name, option] of refused) {
    test(name, () => {
      const found = pvdOf(worldOf(ra(0, { options: [option] })), IMPLICIT);
      const { prefixes, routeInfos, rdnss: servers } = found;
      assert.deepEqual([prefixes, routeInfos, servers], [[], [], []]);
    });
  }
});

describe('floods', () => {
  const small: Limits = {
    ...LIMITS,
    pvds: 6,
    pvdsPerLink: 4,
    pvdRouters: 3,
    pvdPrefixes: 5,
    pvdRdnss: 2,
    evidence: 20,
  };
  const options = (i: number) => [pvd(`x${i}.example`), pio(`2001:db8:${i.toString(16)}::/64`)];

  test('of names keep the honest one, and leave room on the other link', () => {
    const world = worldOf(ra(0, { options: [pvd('honest.example'), pio('2001:db8::/64')] }), small);
    for (let i = 1; i < 100; i++) feed(world, ra(i, { options: options(i) }));
    assert.deepEqual(ids(world).slice(0, 1), ['honest.example']);
    assert.equal(stateOf(world).pvds.size, 4);
    feed(world, ra(100, { ifindex: 3, options: options(100) }));
    assert.equal(ids(world).at(-1), 'x100.example');
    const { pvdsPerLink } = stateOf(world).refused;
    assert.equal(pvdsPerLink, 96);
    feed(world, ra(101, { options: [pvd('honest.example'), pio('2001:db8:f::/64')] }));
    assert.equal(pvdOf(world, 'honest.example').prefixes.length, 2);
  });

  test('of empty names push out each other only', () => {
    const world = worldOf(ra(0, { options: [pvd('honest.example'), pio('2001:db8::/64')] }), small);
    for (let i = 1; i < 20; i++) {
      feed(world, ra(i, { options: [pvd(`x${i}.example`)], header: { lifetimeSec: 0 } }));
    }
    assert.deepEqual(ids(world), ['honest.example', 'x17.example', 'x18.example', 'x19.example']);
  });

  test('of routers, prefixes and servers in one PvD are bounded', () => {
    const many = [1, 2, 3, 4, 5, 6, 7, 8].map((i) => pio(`2001:db8:${i}::/64`));
    const servers = rdnss(['2001:db8::1', '2001:db8::2', '2001:db8::3']);
    const world = worldOf([], small);
    for (let i = 1; i <= 5; i++) {
      feed(world, ra(i, { router: `fe80::${i}`, options: [pvd('a.example'), ...many, servers] }));
    }
    const found = pvdOf(world, 'a.example');
    assert.deepEqual([found.routers.length, found.prefixes.length, found.rdnss.length], [3, 5, 2]);
    const { pvdRouters, pvdPrefixes } = stateOf(world).refused;
    assert.deepEqual([pvdRouters, pvdPrefixes], [2, 3 * 8 - 5]);
  });

  test('of pending RAs are bounded', () => {
    const world = worldOf([], { ...small, pendingRas: 4 });
    for (let i = 0; i < 50; i++) feed(world, [{ ...raEvent(1), cpu: i }]);
    assert.ok(world.pendingRas.size <= 4);
    const { raDone } = stateOf(world).refused;
    assert.equal(raDone, 50 - world.pendingRas.size);
  });
});
