/** Decisions explained: ladder, losers, origins, racing changes, and what was allowed instead. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KernelEvent } from '../src/decode/event.ts';
import {
  createExplainer,
  explainRecent,
  explainRecord,
  isReferred,
} from '../src/explain-decision.ts';
import { addr6 } from '../src/net/addr6.ts';
import { createPipeline, finish, step } from '../src/pipeline.ts';
import { decisionLines, explanationData } from '../src/present-explain.ts';
import { findRecent } from '../src/recent.ts';
import { decision, encode, flow, lookup, saddr, seeded, tick } from './pipeline-run.ts';
import { address, at, entry, RA_DEFAULT, route, STATIC } from './state/fixture.ts';

const WRONG = addr6('2001:db8:bad::1');
const FAR = addr6('2001:db8:ffff::1');

/** The first decision of a run, explained. */
function explain(events: readonly KernelEvent[], id = '1'): { text: string; data: Data } {
  const records = encode(events);
  const first = createPipeline();
  const out = [...records.flatMap((record) => step(first, record)), ...finish(first)];
  const target = out.find((one) => isReferred({ by: 'id', id }, one));
  assert(target?.kind === 'decision');
  assert(isReferred({ by: 'seq', seq: target.seq }, target));
  const explainer = createExplainer(target);
  const second = createPipeline();
  for (const record of records) {
    if (explainer.done) break;
    explainRecord(explainer, second, record, step(second, record));
  }
  const data = explanationData(target, explainer.parts) as Data;
  assert.deepEqual(explainLive(events, id), explanationData(target, explainer.parts));
  return { text: decisionLines(target, explainer.parts).join('\n'), data: plain(data) };
}

/** The same of a run that has gone on until its end. */
function explainLive(events: readonly KernelEvent[], id = '1', recentMax = 9): unknown {
  const pipeline = createPipeline({ recentMax });
  for (const record of encode(events)) step(pipeline, record);
  finish(pipeline);
  const recent = findRecent(pipeline.recent, { by: 'id', id });
  if (recent === undefined) return undefined;
  const parts = explainRecent(pipeline, recent);
  return typeof parts === 'string' ? parts : explanationData(recent.target, parts);
}

interface Data {
  readonly parts: readonly {
    readonly part: string;
    readonly explained: { found: boolean; states: number; races: { decided: boolean }[] } | null;
  }[];
}

const plain = (data: Data): Data => JSON.parse(JSON.stringify(data)) as Data;

test('what agrees is told with its losers, and with the RA each address and route came from', () => {
  const more = address(at(2.2), '2001:db8:b::9', { ...STATIC, flags: 0xa0 });
  const { text, data } = explain([...seeded(), more, ...decision(3, 1n)]);
  assert.match(
    text,
    /^decision 1 \(envelope \d+\): flow to 2001:db8:ffff::1, curl\[10\], netns host$/m,
  );
  assert.match(text, /asked: {2}to 2001:db8:ffff::1, uid 1000, tcp, ports 0 to 443, flags 0x1$/m);
  assert.match(text, /kernel: via fe80::1 dev 2 table 254 route of PvD pvd.example$/m);
  assert.match(text, /2001:db8:a::5 dev 2: beats 2001:db8:b::9 by rule 3/);
  assert.match(text, /^device 2: eth2$/m);
  assert.match(
    text,
    /^route ::\/0 via fe80::1 .* \[pvd.example: ra-router\], RA \d+ of fe80::1 on eth2 at 2\.000000$/m,
  );
  assert.match(
    text,
    /^address 2001:db8:a::5\/64 dev 2 \[implicit:2:fe80::2: ra-pio\], RA \d+ of fe80::2/m,
  );
  assert.deepEqual(
    data.parts.map(({ part, explained }) => [part, explained?.found]),
    [
      ['lookup', true],
      ['saddr', true],
      ['flow', true],
    ],
  );
});

test('of a divergence it tells what was allowed, what the kernel did, and where', () => {
  const wrong = [lookup(3), saddr(3, { saddr: WRONG }), flow(3, { saddr: WRONG })];
  const { text, data } = explain([...seeded(), ...wrong, tick(20)]);
  assert.match(text, /; diverge$/m);
  assert.match(text, /^saddr 1 \(diverges here\)/m);
  assert.match(
    text,
    /kernel: source 2001:db8:bad::1\n {2}the model does not allow it on the state/,
  );
  assert.match(text, /answer: source 2001:db8:a::5 source of PvD implicit:2:fe80::2$/m);
  assert.deepEqual(
    data.parts.map(({ explained }) => explained?.found),
    [true, false, false],
  );
});

test('of a race it tells the change that decides, and its place in the interval', () => {
  const gateway = addr6('fe80::2');
  const added = route(at(2.999999), 200, '2001:db8:ffff::/48', { gateway });
  const chosen = { entry: added.entry, gateway };
  const events = [lookup(3, chosen), saddr(3), flow(3, { gateway })];
  // The judge knows states only since it was first asked.
  const { text, data } = explain([...seeded(), ...decision(2.5, 9n), added, ...events]);
  assert.match(text, /; agree \(raced\)$/m);
  assert.match(text, /changes meanwhile \(the kernel looked from 0 to 3000 ns\):/);
  assert.match(
    text,
    /\+route 2001:db8:ffff::\/48 via fe80::2 .*: from -\d+ ns to 2000 ns, decides$/m,
  );
  assert.deepEqual(data.parts[0]?.explained?.races.length, 1);
  assert.equal(data.parts[0]?.explained?.races[0]?.decided, true);
});

test('a decision that was held is explained by the change that was told later', () => {
  const { entry: to } = route(at(3), 200, '2001:db8:ffff::/48', { gateway: addr6('fe80::2') });
  const hook = 'fib6_add';
  const { text } = explain([
    ...seeded(),
    { ...at(2.9999, 'begin'), hook, kind: 'begin', id: to.id, of: 'route', ifindex: 2 },
    lookup(3, { entry: to, gateway: to.gateway }),
    saddr(3),
    flow(3, { gateway: to.gateway }),
    { ...route(at(3.0001), 200, '2001:db8:ffff::/48', { gateway: to.gateway }), hook },
    tick(20),
  ]);
  assert.match(text, /; agree \(raced\)$/m);
  assert.match(text, /decides$/m);
  assert.doesNotMatch(text, /does not allow/);
});

test('without a start state there is nothing to explain, and it says so', () => {
  const unseeded = seeded().filter(({ kind }) => !kind.startsWith('dump'));
  const { text, data } = explain([...unseeded, ...decision(3, 1n)]);
  assert.match(text, /undecided: unknown-start-state$/m);
  assert.match(text, /the state was not known: not judged$/m);
  assert.equal(data.parts[0]?.explained, null);
});

test('what is explained is a copy: later changes do not reach it', () => {
  const gone = { ...address(at(3.5, 'del'), '2001:db8:a::5'), hook: 'ipv6_del_addr' };
  const other = entry(200, '::/0', { ...RA_DEFAULT, gateway: addr6('fe80::2') });
  const held = [lookup(3, { entry: other, gateway: other.gateway }), saddr(3), flow(3)];
  const { text } = explain([...seeded(), ...held, gone, tick(20)]);
  assert.match(text, /^address 2001:db8:a::5/m);
  assert.match(text, new RegExp(`to ${FAR}`));
});
