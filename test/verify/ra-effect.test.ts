/** Each way a kernel can depart from what an RA makes has its code. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { predictRa } from '../../src/model/ra-effect.ts';
import type { RaPrediction } from '../../src/model/ra-prediction.ts';
import { LINUX_RA, RFC_RA } from '../../src/model/ra-profile.ts';
import type { Address, Route, Snapshot } from '../../src/state/snapshot.ts';
import {
  judgeRa,
  RA_DIFFERENCES,
  type RaDifferenceCode,
  type RaObservation,
} from '../../src/verify/ra-effect.ts';
import { applied, startOf } from '../case/ra-apply.ts';
import { inputOf, type RaCase, rasOf } from '../case/ra-case.ts';
import { changesBetween } from '../net/ra-effect-state.ts';

const SEC = 1_000_000_000n;
const PIO = { prefix: '2001:db8:1::/64', valid: 7200, preferred: 3600 };
const NESTED = { prefix: '2001:db8:9::/64', valid: 7200, preferred: 3600 };
const PVD = { id: 'pvd.example.com', ra: { lifetime: 60, preference: 'high', hopLimit: 9 } };

function rowOf(...send: object[]): RaCase {
  return { id: 'row', why: '', conf: { accept_ra_rt_info_max_plen: 64 }, send, expect: [] };
}

interface Trial {
  readonly before: Snapshot;
  /** As predicted. */
  readonly after: Snapshot;
  readonly prediction: RaPrediction;
  readonly ideal: RaPrediction;
  readonly ifindex: number;
}

/** The last RA of a row, on what those before it made. */
function trial(row: RaCase): Trial {
  const { snapshot, ifindex } = startOf(row);
  let before = snapshot;
  let made: Trial | undefined;
  for (const [i, ra] of rasOf(row).entries()) {
    const input = inputOf(ra, ifindex, BigInt(i + 1) * SEC);
    before = made?.after ?? before;
    const prediction = predictRa(before, input, LINUX_RA);
    const ideal = predictRa(before, input, RFC_RA);
    const after = applied(before, prediction, ifindex, new Map());
    made = { before, after: { ...after, tsNs: input.tsNs }, prediction, ideal, ifindex };
  }
  if (made === undefined) throw new Error('no RA');
  return made;
}

function codes(t: Trial, after: Snapshot, more: Partial<RaObservation> = {}): string[] {
  const changes = changesBetween(t.before, after, t.ifindex, 1);
  const observation = { ifindex: t.ifindex, after, changes, accepted: undefined, ...more };
  const { verdict, differences } = judgeRa(t.prediction, observation, t.ideal);
  assert.equal(verdict.verdict, differences.length === 0 ? 'agree' : 'diverge');
  return differences.map(({ code }) => code);
}

const isRa = (route: Route): boolean => (route.flags & 0x40000) !== 0;

function withoutRoutes(s: Snapshot, wanted: (route: Route) => boolean): Snapshot {
  return { ...s, routes: new Map([...s.routes].filter(([, r]) => !(isRa(r) && wanted(r)))) };
}

function changeRoutes(s: Snapshot, wanted: (r: Route) => boolean, to: Partial<Route>): Snapshot {
  const change = (r: Route): Route => (isRa(r) && wanted(r) ? { ...r, ...to } : r);
  return { ...s, routes: new Map([...s.routes].map(([id, r]) => [id, change(r)])) };
}

function changeAddresses(s: Snapshot, to: Partial<Address>): Snapshot {
  const change = (a: Address): Address => (a.proto === 2 ? { ...a, ...to } : a);
  return { ...s, addresses: new Map([...s.addresses].map(([key, a]) => [key, change(a)])) };
}

function withoutAddresses(s: Snapshot): Snapshot {
  return { ...s, addresses: new Map([...s.addresses].filter(([, a]) => a.proto !== 2)) };
}

/** What another RA would have made as well. */
function alsoMade(t: Trial, ra: object): Snapshot {
  const [sent] = rasOf(rowOf(ra));
  if (sent === undefined) throw new Error('no RA');
  const prediction = predictRa(t.after, inputOf(sent, t.ifindex, t.prediction.tsNs), LINUX_RA);
  return applied(t.after, prediction, t.ifindex, new Map());
}

function changeConf(s: Snapshot, ifindex: number, to: object): Snapshot {
  const conf = s.devconf.get(ifindex);
  if (conf === undefined) throw new Error('no devconf');
  return { ...s, devconf: new Map([...s.devconf, [ifindex, { ...conf, ...to }]]) };
}

const ROUTER = { lifetime: 1800, options: [{ pio: PIO }] };
const isDefault = (r: Route): boolean => r.dstLen === 0;
const isOnLink = (r: Route): boolean => r.gateway === '::';

const ODD: readonly (readonly [RaDifferenceCode, string, (t: Trial) => Snapshot, object[]?])[] = [
  ['ra.address-missing', 'no address', (t) => withoutAddresses(t.after)],
  ['ra.route-missing', 'no default route', (t) => withoutRoutes(t.after, isDefault)],
  ['ra.route-missing', 'no on-link route', (t) => withoutRoutes(t.after, isOnLink)],
  ['ra.metric', 'another metric', (t) => changeRoutes(t.after, isDefault, { metric: 5 })],
  [
    'ra.preference',
    'another preference',
    (t) => changeRoutes(t.after, isDefault, { flags: 0x450003 | (1 << 27) }),
  ],
  [
    'ra.lifetime',
    'a route for ever',
    (t) => changeRoutes(t.after, isDefault, { expiresNs: undefined }),
  ],
  ['ra.lifetime', 'a shorter address', (t) => changeAddresses(t.after, { validUntil: 60n * SEC })],
  ['ra.hop-limit', 'hop limit', (t) => changeConf(t.after, t.ifindex, { hopLimit: 9 })],
  ['ra.mtu', 'MTU', (t) => changeConf(t.after, t.ifindex, { mtu6: 1280 })],
  [
    'ra.route-unexpected',
    'a route more',
    (t) => alsoMade(t, { options: [{ rio: { prefix: '2001:db8:8::/45' } }] }),
  ],
  ['ra.route-unexpected', 'still the default router', (t) => t.before, [ROUTER, { lifetime: 0 }]],
  [
    'ra.address-missing',
    'another address is gone',
    (t) => withoutAddresses(t.after),
    [ROUTER, { lifetime: 0 }],
  ],
  [
    'ra.lifetime',
    'another address lives longer',
    (t) => changeAddresses(t.after, { validUntil: 90000n * SEC }),
    [ROUTER, { lifetime: 0 }],
  ],
  [
    'ra.route-missing',
    "another's route is gone",
    (t) => withoutRoutes(t.after, isOnLink),
    [ROUTER, { lifetime: 0 }],
  ],
];

describe('what differs from the prediction', () => {
  for (const [code, name, spoil, send = [ROUTER]] of ODD) {
    test(`${code}: ${name}`, () => {
      const t = trial(rowOf(...send));
      assert.deepEqual(codes(t, t.after), [], 'as predicted');
      assert.deepEqual(codes(t, spoil(t)), [code]);
    });
  }

  test('ra.address-unexpected: an address more', () => {
    const t = trial(rowOf({ lifetime: 0, options: [{ pio: PIO }] }));
    const more = alsoMade(t, { lifetime: 0, options: [{ pio: { ...NESTED, onLink: false } }] });
    assert.deepEqual(codes(t, more), ['ra.address-unexpected']);
  });

  test('ra.accepted, ra.not-accepted', () => {
    const t = trial(rowOf({ ipHopLimit: 64 }));
    assert.deepEqual(codes(t, t.after, { accepted: true }), ['ra.accepted']);
    const good = trial(rowOf({}));
    assert.deepEqual(codes(good, good.after, { accepted: false }), ['ra.not-accepted']);
    assert.deepEqual(codes(good, good.after, { accepted: true }), []);
  });

  test('every code has a case', () => {
    const tested = new Set<string>(ODD.map(([code]) => code));
    const others = ['ra.address-unexpected', 'ra.accepted', 'ra.not-accepted', 'ra.nested-effect'];
    assert.deepEqual(Object.keys(RA_DIFFERENCES).sort(), [...tested, ...others].sort());
  });
});

describe('ra.nested-effect', () => {
  const send = { options: [{ pvd: { ...PVD, options: [{ pio: NESTED }] } }] };
  const cases: readonly (readonly [string, (t: Trial) => Snapshot, number])[] = [
    ['the nested prefix took effect', (t) => alsoMade(t, { options: [{ pio: NESTED }] }), 2],
    [
      'the nested header did',
      (t) =>
        changeRoutes(t.after, isDefault, { expiresNs: 61n * SEC, flags: 0x450003 | (1 << 27) }),
      2,
    ],
    ['its hop limit did', (t) => changeConf(t.after, t.ifindex, { hopLimit: 9 }), 1],
  ];
  for (const [name, spoil, count] of cases) {
    test(name, () => {
      const t = trial(rowOf(send));
      assert.deepEqual(codes(t, t.after), []);
      assert.deepEqual(codes(t, spoil(t)), new Array(count).fill('ra.nested-effect'));
    });
  }
});

describe('what cannot be judged', () => {
  test('a state in doubt', () => {
    const t = trial(rowOf({}));
    const observation = {
      ifindex: t.ifindex,
      after: t.before,
      changes: [],
      accepted: true,
      doubt: 'lost-records',
    } as const;
    assert.deepEqual(judgeRa(t.prediction, observation, t.ideal), {
      verdict: { verdict: 'undecided', reason: 'lost-records' },
      differences: [],
    });
  });

  test('an interface that is not known', () => {
    const { snapshot, ifindex } = startOf(rowOf({}));
    const [ra] = rasOf(rowOf({}));
    assert.ok(ra);
    const input = inputOf(ra, ifindex, SEC);
    const prediction = predictRa({ ...snapshot, devconf: new Map() }, input, LINUX_RA);
    const observation = { ifindex, after: snapshot, changes: [], accepted: true };
    assert.deepEqual(judgeRa(prediction, observation).verdict, {
      verdict: 'undecided',
      reason: 'unmodelled:ra-unknown-interface',
    });
  });
});
