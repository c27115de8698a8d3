import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sortByBaseline } from '../../src/expect/baseline.ts';
import {
  addToFlows,
  diffFlows,
  FLOWS_MAX,
  type FlowTable,
  noFlows,
} from '../../src/expect/diff.ts';
import type { SeenAnswer, SeenDecision } from '../../src/expect/seen.ts';
import { formatDiff, formatDiffNdjson } from '../../src/publish/report-diff.ts';
import { decision } from './seen.ts';

function table(...seen: readonly SeenDecision[]): FlowTable {
  const flows = noFlows();
  for (const one of seen) addToFlows(flows, one, one.netns);
  return flows;
}

const CASES: readonly (readonly [string, Partial<SeenAnswer>])[] = [
  ['error', { error: 'ENETUNREACH', route: 'none', source: 'none' }],
  ['route', { route: '::/0', via: 'fe80::1', source: '2001:db8:b::5' }],
  ['route', { dev: 'eth1' }],
  ['route', { table: 7 }],
  ['source', { source: '2001:db8:b::5', sourcePvd: 'pvd.example' }],
  ['pvd', { pvd: 'pvd.example' }],
  ['pvd', { sourcePvd: 'none' }],
  ['verdict', { verdict: 'diverge', findings: ['rfc6724.r5.5'] }],
  ['finding', { findings: ['rfc6724.r5.5'] }],
];
for (const [cause, change] of CASES) {
  test(`${JSON.stringify(change)} is another ${cause}`, () => {
    const found = diffFlows(table(decision()), table(decision(change)));
    assert.deepEqual(
      found.map((d) => [d.cause, d.base.length, d.next.length]),
      [[cause, 1, 1]],
    );
  });
}

test('the same answers in another number, order and from other ports are no difference', () => {
  const other = decision({ dev: 'eth1' });
  const a = table(decision(), other, decision());
  const b = table(other, decision({}, { sport: 9 }), other);
  assert.deepEqual(diffFlows(a, b), []);
});

test('a further answer is compared with the one it is most like', () => {
  const second = decision({ route: '::/0', source: '2001:db8:b::5' });
  const third = decision({ route: '::/0', source: '2001:db8:c::5' });
  const [only] = diffFlows(table(decision(), second), table(decision(), second, third));
  assert.equal(only?.cause, 'source');
  assert.deepEqual([only?.base.length, only?.next.length], [0, 1]);
});

test('a flow of one run only is missing in the other, and stands first', () => {
  const here = decision({}, { dport: 1 });
  const found = diffFlows(table(decision()), table(decision({ dev: 'eth9' }), here));
  assert.deepEqual(
    found.map(({ cause, flow }) => [cause, flow.dport]),
    [
      ['missing', 1],
      ['route', 4242],
    ],
  );
});

test('flows beyond the bound are counted, not kept', () => {
  const flows = noFlows();
  for (let mark = 0; mark < FLOWS_MAX + 3; mark++) {
    addToFlows(flows, decision({}, { mark }), 'host');
  }
  assert.deepEqual([flows.flows.size, flows.refused], [FLOWS_MAX, 3]);
});

test('a baseline accepts what it names, until its day', () => {
  const differences = diffFlows(table(decision()), table(decision({ dev: 'eth1' })));
  const entry = { daddr: '2001:db8:a::1', reason: 'bug 7', expires: '2026-12-31' };
  const sorted = (entries: object, today = '2026-12-31') =>
    sortByBaseline(differences, [{ ...entry, ...entries }], today);
  assert.equal(sorted({}).fresh.length, 0);
  assert.equal(sorted({}).accepted[0]?.by.reason, 'bug 7');
  assert.equal(sorted({ cause: 'route', comm: 'ping', netns: 'host' }).fresh.length, 0);
  const late = sorted({}, '2027-01-01');
  assert.deepEqual([late.fresh.length, late.expired.length], [1, 1]);
  for (const no of [{ cause: 'error' }, { comm: 'curl' }, { netns: 'x' }, { dport: 1 }]) {
    const { fresh, unused } = sorted(no);
    assert.deepEqual([fresh.length, unused.length], [1, 1], JSON.stringify(no));
  }
});

test('the report groups by cause, and escapes', () => {
  const evil = decision({ pvd: 'a\u001b[2J' }, {}, { comm: 'x\n- y' });
  const differences = diffFlows(table(decision()), table(decision({ dev: 'eth1' }), evil));
  const sorted = sortByBaseline(differences, [], '2026-01-01');
  assert.equal(
    formatDiff(sorted),
    `asked in one run only: 1
  host: x\\n- y flow to 2001:db8:a::1 port 4242 udp
    + 2001:db8:a::/64 via none dev eth0 table 254 (PvD a\\x1b[2J), source 2001:db8:a::5 (PvD implicit:eth0:fe80::1), agree (1 times, first #7)

another route: 1
  host: ping flow to 2001:db8:a::1 port 4242 udp
    - 2001:db8:a::/64 via none dev eth0 table 254 (PvD implicit:eth0:fe80::1), source 2001:db8:a::5 (PvD implicit:eth0:fe80::1), agree (1 times, first #7)
    + 2001:db8:a::/64 via none dev eth1 table 254 (PvD implicit:eth0:fe80::1), source 2001:db8:a::5 (PvD implicit:eth0:fe80::1), agree (1 times, first #7)

2 new differences, 0 accepted
`,
  );
  const lines = formatDiffNdjson(sorted).trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).cause),
    ['missing', 'route'],
  );
});
