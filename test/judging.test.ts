/** Decisions judged as they come: what agrees, what races, what waits, what diverges. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventHeader, KernelEvent } from '../src/decode/event.ts';
import { QUIRKS_NEW } from '../src/model/profile.ts';
import { addr6 } from '../src/net/addr6.ts';
import { createPipeline, finish, statsOf, step } from '../src/pipeline.ts';
import type { DecisionData } from '../src/publish/decision-data.ts';
import type { Envelope } from '../src/publish/envelope.ts';
import {
  decision,
  encode,
  flow,
  lookup,
  lostCounters,
  saddr,
  seeded,
  tick,
} from './pipeline-run.ts';
import {
  address,
  at,
  dumpMark,
  entry,
  link,
  RA_DEFAULT,
  RA_PREFIX,
  route,
  SLAAC,
} from './state/fixture.ts';

/** What the decisions of a run came to, in the order they were settled. */
function verdicts(events: readonly KernelEvent[]): string[] {
  return decisions(events).map(({ verdict }) => {
    if (verdict.verdict === 'undecided') return `undecided: ${verdict.reason}`;
    return verdict.verdict === 'agree' && verdict.raced ? 'agree, raced' : verdict.verdict;
  });
}

function decisions(events: readonly KernelEvent[]): DecisionData[] {
  const pipeline = createPipeline();
  const out: Envelope[] = encode(events).flatMap((record) => step(pipeline, record));
  out.push(...finish(pipeline));
  return out.flatMap((one) => (one.kind === 'decision' ? [one.data] : []));
}

const WRONG = addr6('2001:db8:bad::1');
const OTHER = entry(200, '::/0', { ...RA_DEFAULT, gateway: addr6('fe80::2') });

/** The decision of {@link decision}, with a source that the host does not have. */
function withWrongSource(sec: number): KernelEvent[] {
  return [lookup(sec), saddr(sec, { saddr: WRONG }), flow(sec, { saddr: WRONG })];
}

function skipped(sec: number, ofDecisions: number, ofState: number): KernelEvent {
  return { ...lostCounters(sec, {}), skipped: { decision: ofDecisions, state: ofState } };
}

function begin(sec: number, id: bigint, hook: string): KernelEvent {
  const h: EventHeader = { ...at(sec, 'begin'), hook };
  return { ...h, kind: 'begin', id, of: 'route', ifindex: 2 };
}

/** A dump that finds what the netns has after {@link seeded}. */
function dump(sec: number, more: readonly KernelEvent[] = []): KernelEvent[] {
  const h = at(sec + 0.01, 'dump');
  return [
    dumpMark(sec, 'begin'),
    link(h),
    address(h, 'fe80::99', { flags: 0x80, scope: 0x20 }),
    address(h, '2001:db8:a::5', { ...SLAAC, tstampNs: at(2.1).tsNs }),
    route(h, 1, 'fe80::99/128', { type: 2, protocol: 2, table: 255, metric: 0, flags: 0x80200001 }),
    route(h, 100, '::/0', { ...RA_DEFAULT, gateway: addr6('fe80::1') }),
    route(h, 102, '2001:db8:a::/64', RA_PREFIX),
    ...more,
    dumpMark(sec + 0.05, 'end'),
  ];
}

test('a decision that follows the state agrees', () => {
  assert.deepEqual(verdicts([...seeded(), ...decision(3, 1n)]), ['agree']);
});

test('an answer that nothing explains diverges, and says where and what was allowed', () => {
  const [data] = decisions([...seeded(), ...withWrongSource(3), tick(20)]);
  assert.equal(data?.verdict.verdict, 'diverge');
  assert.equal(data?.blame?.part, 'saddr');
  assert.deepEqual(
    data?.blame?.expected.map(({ source }) => source),
    ['2001:db8:a::5'],
  );
});

test('a divergence names the rule that speaks against the answer', () => {
  const linkLocal = addr6('fe80::99');
  const wrong = [lookup(3), saddr(3, { saddr: linkLocal }), flow(3, { saddr: linkLocal })];
  const [data] = decisions([...seeded(), ...wrong, tick(20)]);
  assert.equal(
    data?.blame?.because,
    'fe80::99 dev 2: loses to 2001:db8:a::5 by rule 2: appropriate scope',
  );
});

test('what nothing explains while the kernel skipped our programs is no divergence', () => {
  const run = (...marks: KernelEvent[]): string[] =>
    verdicts([...seeded(), tick(2.5), ...withWrongSource(5), ...marks, tick(20)]);
  assert.deepEqual(run(), ['diverge']);
  assert.deepEqual(run(skipped(5.5, 1, 0)), ['undecided: lost-records']);
  assert.deepEqual(run(skipped(5.5, 0, 1)), ['undecided: lost-records']);
  assert.deepEqual(run(skipped(5.5, 0, 0)), ['diverge']);
  // The counters were read before and after it, and only then something was skipped.
  assert.deepEqual(run(tick(5.5), tick(7), skipped(7.5, 1, 0)), ['diverge']);
  assert.deepEqual(run(...dump(5.1)), ['diverge']);
  assert.deepEqual(run(skipped(5.5, 3, 0), ...dump(6)), ['undecided: lost-records']);
});

test('skipped runs are counted and told, and those on state cast doubt until a dump', () => {
  const pipeline = createPipeline();
  const feed = (events: readonly KernelEvent[]): Envelope[] =>
    encode(events).flatMap((record) => step(pipeline, record));
  feed(seeded());
  assert.equal(statsOf(pipeline).skipped, undefined);
  const [first] = feed([skipped(3, 2, 0)]).filter(({ kind }) => kind === 'lost');
  assert.deepEqual(first?.data, {
    ...{ source: 'skipped', count: 2, total: 2, cpu: null, beforeSeq: null },
    byKind: { decision: 2, state: 0 },
  });
  assert.equal(pipeline.court.doubted.size, 0);
  assert.deepEqual(kindsOf(feed([skipped(4, 2, 0)])), []);
  feed([skipped(5, 2, 1)]);
  assert.equal(pipeline.court.doubted.size, 1);
  assert.deepEqual([statsOf(pipeline).skipped, statsOf(pipeline).lost], [3, 0]);
  const [doubted] = feed(decision(6, 1n)).filter(({ kind }) => kind === 'decision');
  assert.equal(JSON.stringify(doubted?.data).includes('lost-records'), true);
  feed(dump(7));
  const [healed] = feed(decision(8, 2n)).filter(({ kind }) => kind === 'decision');
  assert.equal(JSON.stringify(healed?.data).includes('lost-records'), false);
});

function kindsOf(envelopes: readonly Envelope[]): string[] {
  return envelopes.map(({ kind }) => kind).filter((kind) => kind !== 'stats');
}

test('each record of a decision can be the one that diverges', () => {
  const parts = [
    [lookup(3, { entry: OTHER, gateway: OTHER.gateway }), saddr(3), flow(3)],
    [lookup(3, { error: -101, entry: undefined }), saddr(3), flow(3)],
    [lookup(3), saddr(3, { error: -99 }), flow(3)],
    [lookup(3), saddr(3), flow(3, { saddr: WRONG })],
    [lookup(3), saddr(3), flow(3, { oif: 9 })],
    [lookup(3), saddr(3), flow(3, { error: -110 })],
  ].map((events) => decisions([...seeded(), ...events, tick(20)])[0]?.blame);
  assert.deepEqual(
    parts.map((blame) => blame?.part),
    ['lookup', 'lookup', 'saddr', 'flow', 'flow', 'flow'],
  );
  const found = 'found ::/0 via fe80::1 dev 2 metric 1024';
  assert.deepEqual(
    parts.map((blame) => blame?.because),
    [found, found, undefined, 'source 2001:db8:a::5', found, found],
  );
});

test('a dst that has let go of its route is known by where it leads', () => {
  const asked = (gateway: string): KernelEvent =>
    lookup(3, { inFlow: false, entry: undefined, gateway: addr6(gateway) });
  assert.deepEqual(verdicts([...seeded(), asked('fe80::1'), tick(20)]), ['agree']);
  assert.deepEqual(verdicts([...seeded(), asked('fe80::2'), tick(20)]), ['diverge']);
});

test('a throw route with nothing behind it is no answer: the null entry is', () => {
  const thrown = route(at(2.5), 300, '2001:db8:9::/48', { type: 9, flags: 0x200200, oif: 1 });
  const query = { ...lookup(3).query, daddr: addr6('2001:db8:9::1') };
  const asked = (error: number): KernelEvent =>
    lookup(3, { inFlow: false, query, entry: thrown.entry, error, oif: 1, gateway: addr6('::') });
  const run = (error: number): string[] => verdicts([...seeded(), thrown, asked(error), tick(20)]);
  assert.deepEqual([run(-101), run(-11)], [['agree'], ['diverge']]);
});

test('what changed while the kernel looked is judged on both states', () => {
  const known = [...seeded(), ...decision(2.5, 9n)];
  const added = route(at(3 - 0.000001), 200, '2001:db8:ffff::/48', { gateway: OTHER.gateway });
  const before = decision(3, 1n);
  const chosen = { entry: added.entry, gateway: OTHER.gateway };
  const after = [lookup(3, chosen), saddr(3), flow(3, { gateway: OTHER.gateway })];
  assert.deepEqual(verdicts([...known, added, ...before]), ['agree', 'agree']);
  assert.deepEqual(verdicts([...known, added, ...after]), ['agree', 'agree, raced']);
  // Long before the decision began there is only one state.
  const early = route(at(2.9), 200, '2001:db8:ffff::/48', { gateway: OTHER.gateway });
  assert.deepEqual(verdicts([...known, early, ...before, tick(20)]), ['agree', 'diverge']);
});

test('a change that is told only after the decision may have been seen by it', () => {
  const { entry: to } = route(at(3.0001), 200, '2001:db8:ffff::/48', { gateway: OTHER.gateway });
  const chosen = { entry: to, gateway: OTHER.gateway };
  const events = (addedSec: number): KernelEvent[] => [
    ...seeded(),
    begin(2.9999, to.id, 'fib6_add'),
    lookup(3, chosen),
    saddr(3),
    flow(3, { gateway: OTHER.gateway }),
    {
      ...route(at(addedSec), 200, '2001:db8:ffff::/48', { gateway: to.gateway }),
      hook: 'fib6_add',
    },
    tick(20),
  ];
  assert.deepEqual(verdicts(events(3.0001)), ['agree, raced']);
  // Begun only after the decision had ended: it cannot have been seen.
  const late = events(3.5).map((event) =>
    event.kind === 'begin' ? begin(3.2, to.id, 'fib6_add') : event,
  );
  assert.deepEqual(verdicts(late), ['diverge']);
});

test('a mutator whose end never came excuses nothing later', () => {
  // Its own begin is of another route, and three seconds old when this one is told of.
  const { entry: to } = route(at(6), 200, '2001:db8:ffff::/48', { gateway: OTHER.gateway });
  const told = route(at(6), 200, '2001:db8:ffff::/48', { gateway: OTHER.gateway });
  const seen = [
    lookup(5, { entry: to, gateway: to.gateway }),
    saddr(5),
    flow(5, { gateway: to.gateway }),
  ];
  const events = [...seeded(), begin(2.9, 777n, 'fib6_add'), ...seen, told, tick(20)];
  assert.deepEqual(verdicts(events), ['diverge']);
});

test('a dump that finds the replica wrong takes the blame off the kernel', () => {
  const { entry: to } = route(at(3), 200, '2001:db8:ffff::/48', { gateway: OTHER.gateway });
  const unseen = [
    lookup(3, { entry: to, gateway: to.gateway }),
    saddr(3),
    flow(3, { gateway: to.gateway }),
  ];
  const found = route(at(3.11, 'dump'), 200, '2001:db8:ffff::/48', { gateway: to.gateway });
  assert.deepEqual(verdicts([...seeded(), ...unseen, ...dump(3.1, [found])]), ['undecided: drift']);
  assert.deepEqual(verdicts([...seeded(), ...unseen, ...dump(3.1)]), ['diverge']);
});

test('drift is counted by table; a dump that finds nothing new counts none', () => {
  const drift = (events: readonly KernelEvent[]): Readonly<Record<string, number>> => {
    const pipeline = createPipeline();
    for (const record of encode(events)) step(pipeline, record);
    return statsOf(pipeline).drift;
  };
  assert.deepEqual(drift([...seeded(), ...dump(4)]), {});
  const more = route(at(4.01, 'dump'), 200, '2001:db8:ffff::/48');
  assert.deepEqual(drift([...seeded(), ...dump(4, [more])]), { route: 1 });
  const setting = (sec: number, op: 'dump' | 'change', value: bigint): KernelEvent => ({
    ...{ ...at(sec, op), kind: 'sysctl', name: 'fib_multipath_hash_policy', dir: 'ipv6' },
    ...{ value, error: 0 },
  });
  const learnt = dump(4, [setting(4.01, 'dump', 1n)]);
  assert.deepEqual(drift([...seeded(), ...learnt]), {}, 'no record told of it before');
  assert.deepEqual(drift([...seeded(), setting(3, 'change', 0n), ...learnt]), { sysctl: 1 });
});

test('a VRF whose table nobody told may explain anything', () => {
  const vrf = (l3mdevTable: number): KernelEvent => {
    return { ...link(at(2.5), 9, 'vrf'), isL3Master: true, l3mdevTable };
  };
  const run = (...events: KernelEvent[]): string[] => verdicts([...seeded(), ...events, tick(20)]);
  assert.deepEqual(run(vrf(0), ...withWrongSource(3)), ['undecided: unknown-start-state']);
  assert.deepEqual(run(vrf(100), ...withWrongSource(3)), ['diverge']);
  assert.deepEqual(run(vrf(0), ...withWrongSource(3), { ...vrf(100), ...at(3.5) }), ['diverge']);
});

test('what cannot be known is undecided', () => {
  const lost = { ...route(at(2.9), 7, '2001:db8:7::/64'), lost: 4, seq: 9 };
  assert.deepEqual(verdicts([...seeded(), lost, ...withWrongSource(3)]), [
    'undecided: lost-records',
  ]);
  assert.deepEqual(verdicts([...seeded(), lookup(3), flow(3)]), ['undecided: lost-records']);
});

test('quirks that nobody calibrated explain an answer either way, known ones do not', () => {
  // With an oif and no source the lookup is strict; a 6.1 without the shortcut spreads by hash.
  const via = (id: number, gateway: string): KernelEvent =>
    route(at(2.5), id, '2001:db8:9::/48', { gateway: addr6(gateway), flags: 3 });
  const query = { ...lookup(3).query, daddr: addr6('2001:db8:9::1'), oif: 2 };
  const chosen = entry(302, '2001:db8:9::/48', { gateway: addr6('fe80::32'), flags: 3 });
  const asked = lookup(3, {
    inFlow: false,
    query,
    entry: chosen,
    gateway: chosen.gateway,
    mpHash: 0x7ffffff0,
  });
  const run = (quirks: Record<string, boolean> | undefined): string[] => {
    const [start, ...rest] = seeded();
    if (start?.kind !== 'agent-start') throw new Error('a run starts with agent-start');
    const info = quirks === undefined ? start.info : { ...start.info, quirks };
    const two = [via(301, 'fe80::31'), via(302, 'fe80::32')];
    return verdicts([{ ...start, info }, ...rest, ...two, asked, tick(20)]);
  };
  assert.deepEqual(run(undefined), ['agree']);
  assert.deepEqual(run({ ...QUIRKS_NEW, oifMatchShortcut: false }), ['agree']);
  assert.deepEqual(run({ ...QUIRKS_NEW }), ['diverge']);
});
