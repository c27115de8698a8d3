/** PvDs over time: what moves from one to another, what a new option changes, and DHCP. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addr6 } from '../../src/net/addr6.ts';
import type { PvdId } from '../../src/net/pvd-id.ts';
import { dhcpAssociation } from '../../src/state/pvd-dhcp.ts';
import {
  address,
  at,
  attributions,
  feed,
  pio,
  pvd,
  RA_DEFAULT,
  ra,
  rdnss,
  route,
  SEC,
  SLAAC,
  stateOf,
  worldOf,
} from './fixture.ts';

const PIO = pio('2001:db8::/64');
const ADDRESS = '2 2001:db8::5';
const made = (sec: number) => [
  address(at(sec), '2001:db8::5', SLAAC),
  route(at(sec), 1, '::/0', { ...RA_DEFAULT, gateway: addr6('fe80::1'), expiresNs: 9000n * SEC }),
];

describe('moves', () => {
  test('a prefix and its router move to the PvD of the last RA, and back', () => {
    const world = worldOf(ra(1, { options: [pvd('a.example'), PIO] }, made(1)));
    const seen = [attributions(world)];
    feed(world, ra(2, { options: [pvd('b.example'), PIO] }));
    seen.push(attributions(world));
    feed(world, ra(3, { options: [PIO] }));
    seen.push(attributions(world));
    assert.deepEqual(
      seen.map((all) => [all[ADDRESS], all['#1']]),
      ['a.example', 'b.example', 'implicit:2:fe80::1'].map((id) => [
        `${id} ra-pio`,
        `${id} ra-router`,
      ]),
    );
  });

  test('another router takes the prefix over, the default route stays with its own', () => {
    const world = worldOf(ra(1, { options: [pvd('a.example'), PIO] }, made(1)));
    feed(world, ra(2, { router: 'fe80::2', options: [pvd('b.example'), PIO] }));
    const all = attributions(world);
    assert.deepEqual([all[ADDRESS], all['#1']], ['b.example ra-pio', 'a.example ra-router']);
  });

  test('what a router said of the PvD it left stays until it is over', () => {
    const options = [PIO, rdnss(['2001:db8::53'], 100)];
    const world = worldOf(ra(0, { options: [pvd('a.example'), ...options] }));
    feed(world, ra(1, { options: [pvd('b.example'), ...options] }));
    const servers = (): (number | undefined)[] =>
      ['a.example', 'b.example'].map((id) => stateOf(world).pvds.get(id as PvdId)?.rdnss.length);
    assert.deepEqual(servers(), [1, 1]);
    feed(world, [{ ...at(100), kind: 'tick', netnsCookie: 0n }]);
    assert.deepEqual(servers(), [0, 1]);
  });

  test('router lifetime 0 inside the PvD option ends its default router only', () => {
    const world = worldOf([
      ...ra(1, { options: [pvd('a.example')] }),
      ...ra(2, { options: [pvd('b.example')] }),
      ...ra(3, { options: [pvd('a.example')], header: { lifetimeSec: 0 } }),
    ]);
    const defaults = [...stateOf(world).pvds.values()].map(
      ({ routers }) => routers[0]?.routerUntil !== undefined,
    );
    assert.deepEqual(defaults, [false, true]);
  });
});

test('sequence, delay and flags are those of the last option', () => {
  const world = worldOf(ra(1, { options: [pvd('a.example', [], { sequence: 65535, delay: 3 })] }));
  feed(
    world,
    ra(2, { options: [pvd('a.example', [], { sequence: 0, legacy: true, http: false })] }),
  );
  const { sequence, delay, http, legacy } = stateOf(world).pvds.get('a.example' as PvdId) ?? {};
  assert.deepEqual(
    { sequence, delay, http, legacy },
    { sequence: 0, delay: 0, http: false, legacy: true },
  );
});

describe('DHCP', () => {
  const legacy = { legacy: true };
  test('DHCPv4 belongs to the PvD with the L flag on its interface', () => {
    const world = worldOf([
      ...ra(1, { options: [pvd('a.example', [], legacy)] }),
      ...ra(2, { options: [pvd('b.example')] }),
      ...ra(3, { ifindex: 3, options: [pvd('c.example', [], legacy)] }),
    ]);
    assert.deepEqual(dhcpAssociation(stateOf(world), 2).dhcp4, ['a.example']);
    assert.deepEqual(dhcpAssociation(stateOf(world), 3).dhcp4, ['c.example']);
    feed(world, ra(4, { options: [pvd('b.example', [], legacy)] }));
    assert.deepEqual(dhcpAssociation(stateOf(world), 2).dhcp4, ['a.example', 'b.example']);
  });

  test('DHCPv6 belongs to the PvD of the RA with M or O, explicit or implicit', () => {
    const world = worldOf([
      ...ra(1, { options: [pvd('a.example')], header: { managed: true, other: true } }),
      ...ra(2, { router: 'fe80::2', header: { other: true } }),
      ...ra(3, { router: 'fe80::3' }),
    ]);
    assert.deepEqual(dhcpAssociation(stateOf(world), 2).dhcp6, [
      { router: 'fe80::1', pvd: 'a.example', managed: true },
      { router: 'fe80::2', pvd: 'implicit:2:fe80::2', managed: false },
    ]);
    assert.deepEqual(dhcpAssociation(stateOf(world), 3).dhcp6, []);
  });
});
