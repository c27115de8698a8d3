import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Envelope } from '../../src/publish/envelope.ts';
import { matchesFilter, parseFilter, splitFilterTerm } from '../../src/publish/filter.ts';
import { DECISION, envelope, RA } from './fixture.ts';

function matches(text: string, of: Envelope): boolean {
  const parsed = parseFilter(text.split(' ').filter(Boolean).map(splitFilterTerm));
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.message);
  return matchesFilter(parsed.filter, of);
}

const decision = envelope(1, 'decision', DECISION);
const softirq = envelope(1, 'decision', { ...DECISION, task: null });
const unattributed = envelope(1, 'decision', {
  ...DECISION,
  outcome: {
    ...DECISION.outcome,
    route: null,
    source: { addr: '::', ifindex: 0, attribution: null },
  },
});

const raced = envelope(1, 'decision', {
  ...DECISION,
  verdict: { verdict: 'agree', raced: true },
  findings: [{ code: 'rfc6724.r5.5', evidence: '' }],
});

const DECISIONS: readonly (readonly [filter: string, of: Envelope, matches: boolean])[] = [
  ['', decision, true],
  ['pid=10', decision, true],
  ['pid=11', decision, true],
  ['pid=12', decision, false],
  ['pid=12 pid=10', decision, true],
  ['pid=10', softirq, false],
  ['comm=curl pid=10', decision, true],
  ['comm=curl pid=9', decision, false],
  ['comm=cur', decision, false],
  ['netns=host', decision, true],
  ['netns=7', decision, true],
  ['netns=8', decision, false],
  ['pvd=PVD.Example', decision, true],
  ['pvd=other.example', decision, false],
  ['pvd=-', decision, false],
  ['pvd=-', unattributed, true],
  ['prefix=2001:db8:1::/48', decision, true],
  ['prefix=2001:db8:2::5', decision, true],
  ['prefix=2001:db8:3::/48', decision, false],
  ['prefix=::/128', decision, false],
  ['verdict=undecided', decision, true],
  ['verdict=agree', decision, false],
  ['verdict=raced', raced, true],
  ['verdict=agree', raced, true],
  ['verdict=diverge verdict=undecided', decision, true],
  ['finding=-', decision, true],
  ['finding=*', decision, false],
  ['finding=*', raced, true],
  ['finding=rfc6724.r5.5', raced, true],
  ['finding=rfc6724.r5', raced, false],
  ['kind=decision', decision, true],
  ['kind=ra', decision, false],
  ['kind=ra kind=decision', decision, true],
];

for (const [filter, of, want] of DECISIONS) {
  test(`filter '${filter}' of a decision of ${of === softirq ? 'softirq' : 'curl'}`, () => {
    assert.equal(matches(filter, of), want);
  });
}

test('what tells of missing things always passes', () => {
  const lost = { source: 'gap', count: 1, total: 1, cpu: 0, beforeSeq: 3, byKind: null } as const;
  assert.ok(matches('kind=ra pid=1', envelope(1, 'lost', lost, null)));
  assert.ok(matches('netns=1', envelope(1, 'dropped', { count: 1, from: 1, to: 1 }, null)));
});

test('a field lets kinds pass that do not have it', () => {
  assert.ok(
    matches('pid=1 comm=x', envelope(1, 'netns', { op: 'new', inum: 1, name: '', seeded: true })),
  );
});

test('prefixes nested in a PvD option are found', () => {
  const ra = envelope(1, 'ra', RA);
  assert.ok(matches('prefix=2001:db8::/32', ra));
  assert.ok(matches('prefix=2001:db8:5::1', ra));
  assert.ok(!matches('prefix=2001:db8:6::/48', ra));
  assert.ok(matches('pvd=pvd.example', ra));
  assert.ok(!matches('pvd=x', ra));
});

const BAD = ['pid=x', 'prefix=10.0.0.0/8', 'kind=any', 'color=red', 'pid', '=', 'pid=99999999999'];
for (const text of BAD) {
  test(`filter '${text}' is refused`, () => assert.ok(!parseFilter([splitFilterTerm(text)]).ok));
}

test('the number of terms is bounded', () => {
  assert.ok(!parseFilter(Array.from({ length: 65 }, () => ['pid', '1'] as const)).ok);
});
