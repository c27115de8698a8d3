import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectSchema } from '../../agent/expect/expect-schema.ts';
import {
  type Checker,
  createChecker,
  forgetRows,
  incompleteness,
  isWaiting,
  labName,
  resultsOf,
  seeDecision,
  seeRa,
  seeRow,
} from '../../src/expect/check.ts';
import type { SeenRow } from '../../src/expect/seen.ts';
import { ADDRESS, decision, PVD, ROUTE } from './seen.ts';

/** A checker of expectations as a file has them. */
function checker(...expect: object[]): Checker {
  const set = { name: 's', file: 's.yaml', expect: expectSchema.parse(expect) };
  return createChecker(set, { kernel: '6.12.9' });
}

/** Statuses, without that of the model. */
function statuses(c: Checker): string {
  return resultsOf(c)
    .slice(2)
    .map(({ status }) => status)
    .join(' ');
}

const show = (c: Checker, row: SeenRow | undefined, key = '1', object = row?.object ?? 'route') =>
  seeRow(c, 'pvd-1a-2b-3-host', key, row, object);

describe('rows', () => {
  const WHEN = ['ever', 'end', 'gone', 'never'];
  const all = () => checker(...WHEN.map((when) => ({ route: { dst: 'default' }, when })));
  const CASES: readonly (readonly [string, (c: Checker) => void, string])[] = [
    ['nothing came', () => {}, 'fail fail fail pass'],
    ['it is there', (c) => show(c, ROUTE), 'pass pass fail fail'],
    [
      'it went',
      (c) => {
        show(c, ROUTE);
        show(c, undefined);
      },
      'pass fail pass fail',
    ],
    [
      'one of two went',
      (c) => {
        show(c, ROUTE, '1');
        show(c, ROUTE, '2');
        show(c, undefined, '1');
      },
      'pass pass fail fail',
    ],
    [
      'it became another one',
      (c) => {
        show(c, ROUTE);
        show(c, { ...ROUTE, dst: '2001:db8::/32' });
      },
      'pass fail pass fail',
    ],
    [
      'a snapshot without it came',
      (c) => {
        show(c, ROUTE);
        forgetRows(c, 'pvd-1a-2b-3-host');
      },
      'pass fail pass fail',
    ],
    ['another one came', (c) => show(c, ADDRESS), 'fail fail fail pass'],
  ];
  for (const [name, what, expected] of CASES) {
    test(name, () => {
      const c = all();
      what(c);
      assert.equal(statuses(c), expected);
    });
  }

  const FIELDS: readonly (readonly [object, SeenRow, boolean])[] = [
    [{ route: { dst: 'default', dev: 'eth0', via: 'fe80::1', pvd: 'PvD.example' } }, ROUTE, true],
    [{ route: { dst: 'default', dev: 'eth1' } }, ROUTE, false],
    [{ route: { dst: 'default', via: 'fe80::2' } }, ROUTE, false],
    [{ route: { dst: 'default', metric: 512 } }, ROUTE, false],
    [{ route: { dst: 'default', table: 7 } }, ROUTE, false],
    [{ route: { dst: 'default', from: '2001:db8::/32' } }, ROUTE, false],
    [{ route: { dst: 'default', pvd: 'none' } }, ROUTE, false],
    [{ route: { dst: 'default', pvd: ['none', 'pvd.example'] } }, ROUTE, true],
    [{ route: { dst: 'default', reason: 'static' } }, ROUTE, false],
    [{ address: { prefix: '2001:db8:a::/64', pvd: 'implicit' } }, ADDRESS, true],
    [{ address: { prefix: '2001:db8:a::5', pvd: 'implicit:eth0' } }, ADDRESS, true],
    [{ address: { prefix: '2001:db8:a::/64', pvd: 'implicit:eth' } }, ADDRESS, false],
    [{ address: { prefix: '2001:db8:a::/64', deprecated: true } }, ADDRESS, false],
    [{ address: { prefix: '2001:db8:a::/64', temporary: true } }, ADDRESS, false],
    [{ address: { prefix: '2001:db8:b::/64' } }, ADDRESS, false],
    [{ address: { prefix: '2001:db8:a::/64' } }, { ...ADDRESS, tentative: true }, false],
    [{ pvd: { id: 'pvd.example', interfaces: ['eth0', 'eth1'] } }, PVD, true],
    [{ pvd: { id: 'pvd.example', interfaces: ['eth0'] } }, PVD, false],
    [{ pvd: { id: 'other.example' } }, PVD, false],
    [{ pvd: { routers: 2 } }, PVD, false],
    [{ pvd: { sequence: 3, http: true, nested: false } }, PVD, true],
    [{ pvd: { nested: true } }, PVD, false],
    [{ pvd: { prefixes: ['2001:db8:b::/64'] } }, PVD, false],
    [{ pvd: { routes: ['2001:db8:a0::/48'], rdnss: ['2001:db8:a::53'] } }, PVD, true],
    [{ pvd: { rdnss: ['2001:db8:b::53'] } }, PVD, false],
  ];
  for (const [expectation, row, isMet] of FIELDS) {
    test(`${JSON.stringify(expectation)} ${isMet ? 'is' : 'is not'} ${row.object}`, () => {
      const c = checker(expectation);
      show(c, row);
      assert.equal(statuses(c), isMet ? 'pass' : 'fail');
    });
  }

  test('a row of another namespace, or of another run, is another one', () => {
    const c = checker({ in: 'host', route: { dst: 'default' } });
    seeRow(c, 'pvd-1a-2b-3-router', '1', ROUTE, 'route');
    assert.equal(statuses(c), 'fail');
    seeRow(c, 'host', '1', ROUTE, 'route');
    assert.equal(statuses(c), 'pass');
    assert.equal(labName('pvd-x1-y2-30-explicit-a'), 'explicit-a');
    assert.equal(labName('pvd-vpn'), 'pvd-vpn');
  });
});

describe('decisions', () => {
  const gives = { route: '2001:db8:a::/64', source: '2001:db8:a::/64' };
  const RIGHT = decision();
  const WRONG = decision({ route: '::/0', via: 'fe80::1' });
  const CASES: readonly (readonly [object, readonly ReturnType<typeof decision>[], string])[] = [
    [{ gives }, [], 'fail'],
    [{ gives }, [RIGHT, RIGHT], 'pass'],
    [{ gives }, [RIGHT, WRONG], 'fail'],
    [{ gives, which: 'some' }, [WRONG, RIGHT], 'pass'],
    [{ gives, which: 'some' }, [WRONG], 'fail'],
    [{ gives, which: 'no' }, [WRONG], 'pass'],
    [{ gives, which: 'no' }, [], 'pass'],
    [{ gives, which: 'no' }, [RIGHT, WRONG], 'fail'],
    [{ gives, count: 2 }, [RIGHT], 'fail'],
    [{ gives, count: 2 }, [RIGHT, RIGHT], 'pass'],
    [{ decision: { comm: 'curl' }, gives }, [RIGHT], 'fail'],
    [{ decision: { dport: 80 }, gives }, [RIGHT], 'fail'],
    [{ decision: { proto: 'tcp' }, gives }, [RIGHT], 'fail'],
    [{ decision: { what: 'saddr' }, gives }, [RIGHT], 'fail'],
    [{ decision: { saddr: '2001:db8::/32' }, gives }, [RIGHT], 'fail'],
    [{ decision: { mark: 0, uid: 0, oif: 'none', sport: 0 }, gives }, [RIGHT], 'pass'],
    [{ gives: { error: 'ENETUNREACH' } }, [decision({ error: 'ENETUNREACH' })], 'pass'],
    [{ gives: { error: 'none' } }, [decision({ error: 'ENETUNREACH' })], 'fail'],
    [{ gives: { route: ['none', 'default'] } }, [WRONG], 'pass'],
    [{ gives: { dev: 'eth1' } }, [RIGHT], 'fail'],
    [{ gives: { via: 'none', table: 254 } }, [RIGHT], 'pass'],
    [{ gives: { source: 'none' } }, [RIGHT], 'fail'],
    [{ gives: { pvd: 'implicit', sourcePvd: 'implicit:eth0' } }, [RIGHT], 'pass'],
    [{ gives: { sourcePvd: 'pvd.example' } }, [RIGHT], 'fail'],
    [{ gives: { finding: 'none' } }, [decision({ findings: ['rfc6724.r5.5'] })], 'fail'],
    [{ gives: { finding: 'rfc6724.r5.5' } }, [decision({ findings: ['rfc6724.r5.5'] })], 'pass'],
    [{ gives: { verdict: 'agree' } }, [decision({ verdict: 'undecided: drift' })], 'fail'],
  ];
  for (const [expectation, seen, expected] of CASES) {
    test(`${JSON.stringify(expectation)} of ${seen.length} gives ${expected}`, () => {
      const c = checker({ decision: { daddr: '2001:db8:a::1' }, ...expectation });
      for (const one of seen) seeDecision(c, one);
      assert.equal(statuses(c), expected);
    });
  }

  test('a failure says what was seen instead', () => {
    const c = checker({ decision: {}, gives });
    seeDecision(c, WRONG);
    const { details } = resultsOf(c)[2] ?? { details: [] };
    assert.equal(details[0], '1 of 1 decisions have another answer');
    assert.match(details[1] ?? '', /^#7 ping flow to 2001:db8:a::1 port 4242: .*: route$/);
  });
});

describe('known failures, kernels, profiles', () => {
  const never = { finding: 'rfc6724.r5.5', never: true };
  const found = decision({ findings: ['rfc6724.r5.5'] });
  const CASES: readonly (readonly [object, boolean, string])[] = [
    [never, true, 'fail'],
    [never, false, 'pass'],
    [{ ...never, xfail: 'stock' }, true, 'xfail'],
    [{ ...never, xfail: 'stock' }, false, 'xpass'],
    [{ ...never, kernel: '6.12' }, true, 'fail'],
    [{ ...never, kernel: '>=6.13' }, true, 'skip'],
    [{ ...never, kernel: '<6.12' }, true, 'skip'],
    [{ ...never, kernel: '>=6.5 <7' }, true, 'fail'],
    [{ ...never, profile: 'linux-pvd' }, true, 'skip'],
    [{ ...never, profile: ['linux', 'rfc'] }, true, 'fail'],
    [{ finding: 'rfc6724.r5.5' }, true, 'pass'],
    [{ finding: 'rfc6724.r5.5' }, false, 'fail'],
  ];
  for (const [expectation, isFound, expected] of CASES) {
    test(`${JSON.stringify(expectation)}, ${isFound ? '' : 'not '}found: ${expected}`, () => {
      const c = checker(expectation);
      seeDecision(c, isFound ? found : decision());
      assert.equal(statuses(c), expected);
    });
  }
});

test('the model is always expected to agree; no decision at all proves nothing', () => {
  const c = checker();
  assert.equal(resultsOf(c)[0]?.status, 'skip');
  seeDecision(c, decision());
  assert.equal(resultsOf(c)[0]?.status, 'pass');
  seeDecision(c, decision({ verdict: 'diverge' }));
  const [agrees] = resultsOf(c);
  assert.equal(agrees?.status, 'fail');
  assert.equal(agrees?.details[0], '1 of 2 diverge');
});

test('so it is with RAs', () => {
  const c = checker();
  assert.equal(resultsOf(c)[1]?.status, 'skip');
  seeRa(c, 'host', 'agree', []);
  assert.equal(resultsOf(c)[1]?.status, 'pass');
  seeRa(c, 'host', 'undecided: unmodelled:x', []);
  assert.deepEqual(resultsOf(c)[1]?.details, ['1 undecided: unmodelled:x']);
  assert.equal(incompleteness(c), undefined);
  seeDecision(c, decision({ verdict: 'undecided: drift' }));
  assert.deepEqual(incompleteness(c), '1 undecided: drift');
  assert.equal(resultsOf(c)[0]?.status, 'skip');
  seeRa(c, 'host', 'diverge', ['ra.mtu: 1400, not 1500']);
  const { status, details } = resultsOf(c)[1] ?? {};
  assert.deepEqual([status, details], ['fail', ['1 of 3 diverge', 'ra.mtu: 1400, not 1500']]);
});

test('waiting is for what can still come', () => {
  const waits = (expectation: object, ...seen: ReturnType<typeof decision>[]) => {
    const c = checker(expectation);
    for (const one of seen) seeDecision(c, one);
    return isWaiting(c);
  };
  const WRONG = decision({ dev: 'eth9' });
  const gives = { dev: 'eth0' };
  assert.equal(waits({ decision: {}, gives }), true);
  assert.equal(waits({ decision: {}, gives }, decision()), false);
  assert.equal(waits({ decision: {}, gives }, WRONG), false);
  assert.equal(waits({ decision: {}, gives, which: 'some' }, WRONG), true);
  assert.equal(waits({ finding: 'rfc6724.r5.5' }), true);
  assert.equal(waits({ finding: 'rfc6724.r5.5', xfail: 'known' }), false);
  assert.equal(waits({ finding: 'rfc6724.r5.5', kernel: '7' }), false);
  assert.equal(waits({ route: { dst: 'default' }, when: 'never' }), false);
});
