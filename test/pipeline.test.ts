import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JOIN_MAX } from '../src/decision-join.ts';
import type { KernelEvent } from '../src/decode/event.ts';
import { ANY6, addr6 } from '../src/net/addr6.ts';
import { createPipeline, finish, helloOf, snapshotsOf, statsOf, step } from '../src/pipeline.ts';
import type { DecisionData } from '../src/publish/decision-data.ts';
import type { Envelope, EnvelopeKind } from '../src/publish/envelope.ts';
import {
  cutRecord,
  decision,
  encode,
  flow,
  lookup,
  lostCounters,
  START,
  saddr,
  seeded,
  tick,
  unknownKind,
} from './pipeline-run.ts';
import { address, at, COOKIE, dumpMark, link, raEvent, route } from './state/fixture.ts';

function run(records: readonly Uint8Array[]): Envelope[] {
  const pipeline = createPipeline();
  return [...records.flatMap((record) => step(pipeline, record)), ...finish(pipeline)];
}

function runEvents(events: readonly KernelEvent[]): Envelope[] {
  return run(encode(events));
}

function of<K extends EnvelopeKind>(kind: K, envelopes: readonly Envelope[]): Envelope<K>[] {
  return envelopes.filter((e) => e.kind === kind) as readonly Envelope[] as Envelope<K>[];
}

function onlyDecision(events: readonly KernelEvent[]): DecisionData {
  const decisions = of('decision', runEvents(events));
  assert.equal(decisions.length, 1);
  return (decisions[0] as Envelope<'decision'>).data;
}

test('envelopes are numbered from 1 without gaps and carry host, boot and netns', () => {
  const envelopes = runEvents([...seeded(), ...decision(3, 1n)]);
  assert.deepEqual(
    envelopes.map((e) => e.seq),
    envelopes.map((_, i) => i + 1),
  );
  assert.ok(envelopes.every((e) => e.bootId === 'boot' && e.host.startsWith('lab')));
  const [made] = of('decision', envelopes);
  assert.deepEqual(made?.netns, { cookie: COOKIE.toString(), name: 'host' });
  assert.equal(envelopes[0]?.kind, 'hello');
});

test('a first dump gives a snapshot instead of its changes', () => {
  const envelopes = runEvents(seeded().slice(0, 7));
  assert.deepEqual(
    envelopes.map((e) => e.kind).filter((kind) => kind !== 'netns'),
    ['hello', 'snapshot', 'stats'],
  );
  const [snapshot] = of('snapshot', envelopes);
  assert.equal(snapshot?.data.seeded, true);
  assert.equal(snapshot?.data.tables.address[0]?.addr, 'fe80::99');
});

test('a dump that heals a loss gives a snapshot, another one gives what changed', () => {
  const dump = (sec: number): KernelEvent[] => [
    dumpMark(sec, 'begin'),
    link(at(sec + 0.1, 'dump')),
    address(at(sec + 0.1, 'dump'), 'fe80::98', { flags: 0x80, scope: 0x20 }),
    dumpMark(sec + 0.2, 'end'),
  ];
  const after = (events: readonly KernelEvent[]): Envelope[] => {
    const pipeline = createPipeline();
    const steps = encode(events).map((record) => step(pipeline, record));
    return steps.at(-1) ?? [];
  };
  const drift = after([...seeded().slice(0, 7), ...dump(2)]);
  assert.deepEqual(of('change', drift)[0]?.data.cause.kind, 'dump-end');
  assert.equal(of('snapshot', drift).length, 0);
  const lost = { ...route(at(1.5), 7, '2001:db8:7::/64'), lost: 4, seq: 9 };
  const [healed] = of('snapshot', after([...seeded().slice(0, 7), lost, ...dump(2)]));
  assert.equal(healed?.data.lostNs, null);
});

test('RAs come with their PvD and what the kernel did', () => {
  const ras = of('ra', runEvents(seeded()));
  assert.deepEqual(
    ras.map((r) => [r.data.pvds, r.data.done?.accepted, r.data.problems.map((p) => p.code)]),
    [
      [['pvd.example'], true, ['pvd-id-case']],
      [['implicit:2:fe80::2'], true, []],
    ],
  );
});

test('an RA whose outcome never comes is shown without it', () => {
  const events = [...seeded(), raEvent(3), tick(3.5), tick(5)];
  const envelopes = runEvents(events);
  const late = of('ra', envelopes).at(-1);
  assert.equal(late?.data.done, null);
  assert.ok((late?.seq ?? 0) < (envelopes.at(-1)?.seq ?? 0));
});

test('a decision joins its records and has the PvDs of route and source', () => {
  const data = onlyDecision([...seeded(), ...decision(3, 1n)]);
  assert.equal(data.what, 'flow');
  assert.equal(data.incomplete, null);
  assert.equal(data.lookups.length, 1);
  assert.equal(data.saddrs.length, 1);
  assert.deepEqual(data.task, { pid: 11, tgid: 10, comm: 'curl', cgroupId: `${1n << 60n}` });
  assert.equal(data.sock?.cookie, '77');
  assert.equal(data.outcome.route?.attribution?.pvd, 'pvd.example');
  assert.equal(data.outcome.source?.attribution?.pvd, 'implicit:2:fe80::2');
  assert.deepEqual(data.verdict, { verdict: 'agree', raced: false });
});

test('attribution is that of the moment of the lookup', () => {
  const events = [...seeded(), lookup(3), route(at(3, 'del'), 100, '::/0'), saddr(3), flow(3)];
  assert.equal(onlyDecision(events).outcome.route?.attribution?.pvd, 'pvd.example');
  const gone = onlyDecision([...seeded(), route(at(3, 'del'), 100, '::/0'), ...decision(3, 1n)]);
  assert.equal(gone.outcome.route?.attribution, null);
});

test('single lookups and selections are decisions of their own', () => {
  const events = [...seeded(), lookup(3, { inFlow: false }), saddr(3, { decision: 0n })];
  const data = of('decision', runEvents(events)).map((e) => e.data);
  assert.deepEqual(
    data.map((d) => [d.what, d.incomplete]),
    [
      ['lookup', null],
      ['saddr', null],
    ],
  );
  assert.equal(data[1]?.outcome.source?.addr, '2001:db8:a::5');
  assert.equal(data[1]?.query.saddr, ANY6);
});

test('softirq decisions name no task', () => {
  assert.equal(
    onlyDecision([...seeded(), flow(3, { softirq: true, lookups: 0, saddrs: 0 })]).task,
    null,
  );
});

const INCOMPLETE: readonly (readonly [string, readonly KernelEvent[], string])[] = [
  ['a lookup is missing', [saddr(3), flow(3)], 'parts-missing'],
  ['all parts are missing', [flow(3)], 'parts-missing'],
  ['the flow is missing', [lookup(3), tick(4.5)], 'no-flow-record'],
  ['the run ends', [lookup(3), tick(3.1)], 'end'],
];
for (const [name, events, reason] of INCOMPLETE) {
  test(`incomplete: ${name}`, () => {
    const data = onlyDecision([...seeded(), ...events]);
    assert.equal(data.incomplete, reason);
    assert.deepEqual(data.verdict, { verdict: 'undecided', reason: 'lost-records' });
  });
}

test('decisions under way are bounded: the oldest makes room', () => {
  const events = Array.from({ length: JOIN_MAX + 3 }, (_, i) =>
    lookup(3, { decision: BigInt(i + 1) }),
  );
  const pipeline = createPipeline();
  const made = encode([...seeded(), ...events]).flatMap((record) => step(pipeline, record));
  const reasons = of('decision', made).map((e) => [e.data.id, e.data.incomplete]);
  assert.deepEqual(reasons, [
    ['1', 'table-full'],
    ['2', 'table-full'],
    ['3', 'table-full'],
  ]);
  assert.equal(pipeline.decisions.size, JOIN_MAX);
});

test('verdicts: unknown start state, lost records, agreement, each counted', () => {
  const unseeded = onlyDecision([START, ...decision(3, 1n)]);
  assert.deepEqual(unseeded.verdict, { verdict: 'undecided', reason: 'unknown-start-state' });
  const pipeline = createPipeline();
  const events = [
    ...seeded(),
    ...decision(3, 1n),
    { ...tick(3.1), kind: 'tick' } as KernelEvent,
    { ...route(at(3.2), 7, '2001:db8:7::/64'), lost: 4, seq: 9 },
    ...decision(3.3, 2n),
  ];
  for (const record of encode(events)) step(pipeline, record);
  assert.deepEqual(statsOf(pipeline).verdicts, {
    agree: 1,
    diverge: 0,
    undecided: { 'lost-records': 1 },
  });
});

test('loss: gaps have a position, counters give totals, neither is told twice', () => {
  const gap = (sec: number, cpu: number, lost: number, seq: number): KernelEvent => ({
    ...route(at(sec), 7, '2001:db8:7::/64'),
    cpu,
    lost,
    seq,
  });
  const envelopes = runEvents([
    ...seeded(),
    gap(3, 0, 2, 10),
    tick(3.1),
    gap(3.2, 0, 2, 11),
    gap(3.3, 1, 5, 40),
    lostCounters(3.4, { route: 9 }),
    lostCounters(3.5, { route: 9 }),
  ]);
  assert.deepEqual(
    of('lost', envelopes).map(({ data: d }) => [d.source, d.count, d.total, d.cpu, d.beforeSeq]),
    [
      ['gap', 2, 2, 0, 10],
      ['gap', 5, 7, 1, 40],
      ['counters', 9, 9, null, null],
    ],
  );
  assert.equal(of('stats', envelopes).at(-1)?.data.lost, 9);
});

test('what cannot be decoded is counted and ends nothing', () => {
  const records = [...encode(seeded()), unknownKind(), cutRecord(), new Uint8Array(3)];
  const stats = of('stats', run(records)).at(-1)?.data;
  assert.equal(stats?.unknown, 1);
  assert.deepEqual(stats?.malformed, { short: 2 });
  assert.equal(stats?.records, records.length);
});

test('any bytes: never throws, and twice the same gives the same bytes', () => {
  const valid = encode([...seeded(), ...decision(3, 1n), ...decision(4, 2n), tick(9)]);
  const mutated = fc
    .tuple(fc.nat(valid.length - 1), fc.nat(4200), fc.nat(255))
    .map(([i, offset, value]) => {
      const bytes = Uint8Array.from(valid[i] as Uint8Array);
      bytes[offset % bytes.length] = value;
      return bytes;
    });
  const any = fc.oneof(mutated, fc.uint8Array({ maxLength: 500 }));
  fc.assert(
    fc.property(fc.array(any, { maxLength: 30 }), fc.nat(valid.length), (extra, where) => {
      const records = [...valid.slice(0, where), ...extra, ...valid.slice(where)];
      assert.equal(JSON.stringify(run(records)), JSON.stringify(run(records)));
    }),
    { numRuns: 100 },
  );
});

test('readers that join get hello and the state as of the last envelope', () => {
  const pipeline = createPipeline();
  for (const record of encode(seeded())) step(pipeline, record);
  const hello = helloOf(pipeline, false);
  assert.equal(hello.seq, pipeline.seq);
  assert.equal(hello.data.run, 'boot.1000000000');
  assert.equal(hello.data.hooks[1]?.reason, 'inlined');
  const [snapshot] = snapshotsOf(pipeline);
  assert.equal(snapshot?.seq, pipeline.seq);
  const addresses = snapshot?.data.tables.address.map((a) => a.addr);
  assert.deepEqual(addresses, ['fe80::99', '2001:db8:a::5'].map(addr6));
});
