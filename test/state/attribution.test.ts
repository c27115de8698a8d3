/** Who belongs to which PvD, and why the others to none. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Devconf, KernelEvent } from '../../src/decode/event.ts';
import { addr6 } from '../../src/net/addr6.ts';
import { REASONS } from '../../src/state/attribution.ts';
import {
  ANYCAST,
  address,
  at,
  attributions,
  feed,
  LOCAL,
  link,
  pio,
  pvd,
  RA_DEFAULT,
  RA_PREFIX,
  RA_RIO,
  type RaSpec,
  ra,
  rio,
  route,
  SLAAC,
  stateOf,
  TEMPORARY,
  worldOf,
} from './fixture.ts';

const P1 = '2001:db8:1::/64';
const IMPLICIT = 'implicit:2:fe80::1';
const from = { gateway: addr6('fe80::1') };

/** What a kernel makes of an RA with this PIO and a router lifetime. */
function made(sec: number): KernelEvent[] {
  return [
    route(at(sec), 1, '::/0', { ...RA_DEFAULT, ...from }),
    route(at(sec), 2, P1, RA_PREFIX),
    address(at(sec), '2001:db8:1::2', SLAAC),
  ];
}

/** And what comes after duplicate address detection. */
const afterDad = [
  address(at(2, 'change'), '2001:db8:1::2', SLAAC),
  route(at(2), 3, '2001:db8:1::2/128', LOCAL),
  address(at(2), '2001:db8:1::ace', TEMPORARY),
  route(at(2), 4, '2001:db8:1::ace/128', LOCAL),
  route(at(2), 5, '2001:db8:1::/128', ANYCAST),
];

/** All of it, attributed to one PvD. */
function all(pvdId: string, prefix = ''): Record<string, string> {
  return {
    '2 2001:db8:1::2': `${pvdId} ${prefix}ra-pio`,
    '2 2001:db8:1::ace': `${pvdId} ${prefix}ra-pio`,
    '#1': `${pvdId} ${prefix}ra-router`,
    '#2': `${pvdId} ${prefix}ra-pio`,
    '#3': `${pvdId} derived:${prefix}ra-pio`,
    '#4': `${pvdId} derived:${prefix}ra-pio`,
    '#5': `${pvdId} derived:${prefix}ra-pio`,
  };
}

const spec: RaSpec = { options: [pio(P1)] };

describe('what an RA makes', () => {
  test('belongs to its PvD, with all that follows', () => {
    const world = worldOf([link(at(0)), ...ra(1, spec, made(1)), ...afterDad]);
    assert.deepEqual(attributions(world), all(IMPLICIT));
    const { attribution } = [...stateOf(world).routes.values()][0] ?? {};
    assert.deepEqual(attribution?.ra?.router, 'fe80::1');
  });

  test('does so while the RA is still under way', () => {
    const [begin, ...rest] = ra(1, spec, made(1));
    assert.ok(begin);
    const world = worldOf([begin, ...rest.slice(0, -1)]);
    assert.equal(attributions(world)['#1'], `${IMPLICIT} ra-router`);
  });

  test('moves with the option to the next PvD that carries it', () => {
    const world = worldOf([...ra(1, spec, made(1)), ...afterDad]);
    feed(world, ra(3, { options: [pvd('a.example'), pio(P1)] }));
    assert.deepEqual(attributions(world), all('a.example'));
    feed(world, ra(4, { options: [pvd('b.example')], header: { lifetimeSec: 600 } }));
    assert.deepEqual(attributions(world), { ...all('a.example'), '#1': 'b.example ra-router' });
  });

  test('stays with its PvD when nobody speaks of it any more', () => {
    const world = worldOf([...ra(1, spec, made(1)), ...afterDad]);
    feed(world, [{ ...at(99999), kind: 'tick', netnsCookie: 0n }]);
    assert.equal(stateOf(world).pvds.size, 0);
    feed(world, [
      address(at(99999, 'change'), '2001:db8:1::2', { ...SLAAC, flags: 0x120 }),
      route(at(99999, 'change'), 1, '::/0', { ...RA_DEFAULT, ...from, metric: 9 }),
    ]);
    assert.deepEqual(attributions(world), all(IMPLICIT));
  });

  test('what appears after the lifetime of the option was not made of it', () => {
    const world = worldOf(ra(1, spec));
    feed(world, [
      address(at(7200), '2001:db8:1::a', TEMPORARY),
      address(at(7201), '2001:db8:1::b', TEMPORARY),
    ]);
    assert.deepEqual(attributions(world), {
      '2 2001:db8:1::a': `${IMPLICIT} ra-pio`,
      '2 2001:db8:1::b': '- ra-not-seen',
    });
  });

  test('a lifetime of 0 is a word, too', () => {
    const world = worldOf([...ra(1, spec, made(1)), ...afterDad]);
    const options = [pvd('a.example'), pio(P1, { validSec: 0, preferredSec: 0 })];
    feed(world, ra(3, { options, header: { lifetimeSec: 0 } }));
    assert.deepEqual(attributions(world), all('a.example'));
  });

  test('a new prefix is another matter', () => {
    const world = worldOf([...ra(1, spec, made(1))]);
    const options = [pvd('a.example'), pio('2001:db8:2::/64')];
    feed(world, ra(3, { options }, [address(at(3), '2001:db8:2::2', SLAAC)]));
    assert.equal(attributions(world)['2 2001:db8:2::2'], 'a.example ra-pio');
    assert.equal(attributions(world)['2 2001:db8:1::2'], `${IMPLICIT} ra-pio`);
  });

  test('a RIO makes a route, and the default route of a router without lifetime', () => {
    const options = [rio('2001:db8:ff::/48'), rio('::/0')];
    const world = worldOf(
      ra(1, { options, header: { lifetimeSec: 0 } }, [
        route(at(1), 1, '2001:db8:ff::/48', { ...RA_RIO, ...from }),
        route(at(1), 2, '::/0', { ...RA_RIO, flags: RA_RIO.flags | 0x10000, ...from }),
      ]),
    );
    assert.deepEqual(attributions(world), {
      '#1': `${IMPLICIT} ra-rio`,
      '#2': `${IMPLICIT} ra-rio`,
    });
  });

  test('options inside the PvD option make nothing', () => {
    const options = [pvd('a.example', [pio(P1)])];
    const world = worldOf(ra(1, { options }, made(1)));
    assert.deepEqual(attributions(world), {
      '2 2001:db8:1::2': '- ra-not-seen',
      '#1': 'a.example ra-router',
      '#2': '- ra-not-seen',
    });
  });

  test('one that was not accepted made nothing', () => {
    const world = worldOf([...ra(1, { ...spec, accepted: false }), ...made(2)]);
    assert.deepEqual(Object.values(attributions(world)), [
      '- ra-not-seen',
      '- ra-not-seen',
      '- ra-not-seen',
    ]);
  });

  test('on another interface or of another router: not this one', () => {
    const world = worldOf([
      ...ra(1, spec),
      route(at(2), 1, '::/0', { ...RA_DEFAULT, gateway: addr6('fe80::9') }),
      route(at(2), 2, P1, { ...RA_PREFIX, oif: 3 }),
      address(at(2), '2001:db8:1::2', { ...SLAAC, ifindex: 3 }),
    ]);
    assert.ok(Object.values(attributions(world)).every((said) => said === '- ra-not-seen'));
  });
});

describe('settings decide which options count', () => {
  const cases: readonly [string, Partial<Devconf>, readonly string[]][] = [
    ['as they are', {}, ['a.example', 'a.example', 'a.example']],
    ['accept_ra_pinfo 0', { acceptRaPinfo: 0 }, ['a.example', IMPLICIT, IMPLICIT]],
    ['autoconf 0', { autoconf: 0 }, ['a.example', 'a.example', IMPLICIT]],
    ['accept_ra_defrtr 0', { acceptRaDefrtr: 0 }, [IMPLICIT, 'a.example', 'a.example']],
    ['accept_ra_min_lft', { acceptRaMinLft: 2000 }, [IMPLICIT, 'a.example', 'a.example']],
  ];
  for (const [name, fields, expected] of cases) {
    test(name, () => {
      const conf = {
        acceptRaDefrtr: 1,
        acceptRaMinLft: 0,
        acceptRaPinfo: 1,
        acceptRaRtrPref: 1,
        acceptRaRtInfoMinPlen: 0,
        acceptRaRtInfoMaxPlen: 0,
        autoconf: 1,
        ...fields,
      } as Devconf;
      const world = worldOf([...ra(1, spec, made(1))]);
      feed(world, [{ ...at(2), kind: 'devconf', ifindex: 2, conf }]);
      feed(world, ra(3, { options: [pvd('a.example'), pio(P1)] }));
      const said = attributions(world);
      assert.deepEqual(
        ['#1', '#2', '2 2001:db8:1::2'].map((key) => said[key]?.split(' ')[0]),
        expected,
      );
    });
  }
});

describe('what no RA makes', () => {
  const kernel = { protocol: 2, metric: 256 };
  const cases: readonly [string, KernelEvent, string][] = [
    ['link-local address', address(at(1), 'fe80::5', { flags: 0x80, proto: 3 }), 'link-local'],
    ['loopback', address(at(1), '::1', { flags: 0x80, proto: 1, ifindex: 1 }), 'loopback'],
    ['manual address', address(at(1), '2001:db8::1'), 'static'],
    ['DHCPv6 address', address(at(1), '2001:db8::1', { validLftSec: 60 }), 'static'],
    ['own address of the kernel', address(at(1), '2001:db8::1', { proto: 1 }), 'kernel-local'],
    ['manual route', route(at(1), 1, '2001:db8::/32'), 'static'],
    ['route of a daemon that speaks RA', route(at(1), 1, '::/0', { protocol: 9 }), 'static'],
    ['multicast route', route(at(1), 1, 'ff00::/8', { ...kernel, type: 5 }), 'multicast'],
    ['link-local prefix', route(at(1), 1, 'fe80::/64', kernel), 'link-local'],
    ['link-local host', route(at(1), 1, 'fe80::5/128', LOCAL), 'link-local'],
    ['loopback host', route(at(1), 1, '::1/128', { ...LOCAL, oif: 1 }), 'loopback'],
    ['local route of no address', route(at(1), 1, '2001:db8::1/128', LOCAL), 'kernel-local'],
  ];
  for (const [name, event, reason] of cases) {
    test(`${name}: ${reason}`, () => {
      assert.deepEqual(Object.values(attributions(worldOf([event]))), [`- ${reason}`]);
    });
  }

  test('routes of a manual address follow it, before it and after it', () => {
    const prefix = route(at(1), 1, P1, kernel);
    const host = route(at(1), 2, '2001:db8:1::7/128', LOCAL);
    const manual = address(at(1), '2001:db8:1::7');
    for (const events of [
      [prefix, host, manual],
      [manual, host, prefix],
    ]) {
      const said = attributions(worldOf(events));
      assert.deepEqual([said['#1'], said['#2']], ['- derived:static', '- derived:static']);
    }
  });

  test('a temporary address of a manual one follows that', () => {
    const world = worldOf([
      address(at(1), '2001:db8:1::7', { flags: 0x180 }),
      address(at(1), '2001:db8:1::ace', TEMPORARY),
    ]);
    assert.equal(attributions(world)['2 2001:db8:1::ace'], '- derived:static');
  });

  test('one of an RA before the start is as unknown as that', () => {
    const before = { cstampNs: 0n };
    const world = worldOf([
      address(at(1, 'change'), '2001:db8:1::2', { ...SLAAC, ...before }),
      address(at(1, 'change'), '2001:db8:1::ace', { ...TEMPORARY, ...before }),
    ]);
    assert.equal(attributions(world)['2 2001:db8:1::ace'], '- learned-before-start');
  });

  test('the address goes, and its route keeps the name until it goes, too', () => {
    const world = worldOf([...ra(1, spec, made(1)), ...afterDad]);
    feed(world, [address(at(3, 'del'), '2001:db8:1::ace')]);
    assert.equal(attributions(world)['#4'], `${IMPLICIT} derived:ra-pio`);
    feed(world, [route(at(3, 'del'), 4, '2001:db8:1::ace/128', LOCAL)]);
    assert.equal(attributions(world)['#4'], undefined);
  });

  test('SLAAC before there was IFA_PROTO is told by its flags', () => {
    const world = worldOf(ra(1, spec, [address(at(1), '2001:db8:1::2', { ...SLAAC, proto: 0 })]));
    assert.equal(attributions(world)['2 2001:db8:1::2'], `${IMPLICIT} ra-pio`);
  });
});

test('every reason given is in the table', () => {
  const world = worldOf([...ra(1, spec, made(1)), ...afterDad]);
  for (const said of Object.values(attributions(world))) {
    const code = said.split(' ')[1]?.replace(/^derived:|inferred:/g, '') ?? '';
    assert.ok(Object.hasOwn(REASONS, code), code);
  }
});
