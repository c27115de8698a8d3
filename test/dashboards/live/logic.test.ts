/** What the views stand on: addresses of views, facets, rates, the picture, time travel. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createExplainer } from '../../../dashboards/live/explain.ts';
import { happenings, newestFirst, thinned } from '../../../dashboards/live/happenings.ts';
import { keyAction } from '../../../dashboards/live/keys.ts';
import {
  countRate,
  RATE_SECONDS_MAX,
  type Rates,
  rateColumns,
} from '../../../dashboards/live/rates.ts';
import { queryFile, routeGet, shellWord } from '../../../dashboards/live/reproduce.ts';
import {
  formatRoute,
  parseRoute,
  toggleParam,
  VIEWS,
  withParams,
} from '../../../dashboards/live/route.ts';
import { selectDecisions } from '../../../dashboards/live/select.ts';
import { applyFrame, createStore, freeze, lagMs } from '../../../dashboards/live/store.ts';
import { JOURNAL_MAX, type NetnsViews, stateAt } from '../../../dashboards/live/tables.ts';
import { compareNs, fromSec, secOf, toSec } from '../../../dashboards/live/time.ts';
import { COLUMNS, focusOn, layoutTopology } from '../../../dashboards/live/topology.ts';
import { summarizeTopology } from '../../../dashboards/live/topology-summary.ts';
import { boundTo, usersOf } from '../../../dashboards/live/usage.ts';
import { createPipeline, step } from '../../../src/pipeline.ts';
import { encode, seeded } from '../../pipeline-run.ts';
import { DECISION, envelope } from '../../publish/fixture.ts';
import { address, at, route as routeEvent } from '../../state/fixture.ts';
import { createScene, manyPvds, someDecision } from './scene.ts';

test('route: what is written is read again, anything else is the overview', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...VIEWS),
      fc.array(fc.tuple(fc.string(), fc.string())),
      (view, params) => {
        const route = parseRoute(formatRoute(view, params));
        assert.equal(route.view, view);
        assert.deepEqual([...route.params], params);
      },
    ),
  );
  for (const hash of ['', '#', '#/', '#/x', '#//overview', '#/<img>']) {
    assert.equal(parseRoute(hash).view, 'overview');
  }
});

test('route: parameters are set, removed and toggled', () => {
  const route = parseRoute('#/decisions?q=a%20b&verdict=agree');
  assert.equal(withParams(route, { q: '', pid: '1' }), '#/decisions?verdict=agree&pid=1');
  const both = toggleParam(route, 'verdict', 'diverge');
  assert.equal(both, '#/decisions?q=a+b&verdict=agree&verdict=diverge');
  assert.equal(
    toggleParam(parseRoute(both), 'verdict', 'agree'),
    '#/decisions?q=a+b&verdict=diverge',
  );
});

test('keys: nothing is taken from who types', () => {
  const route = parseRoute('#/decisions?seq=1&q=x');
  assert.deepEqual(keyAction('2', route, false), { does: 'go', href: '#/topology' });
  assert.deepEqual(keyAction('Escape', route, true), { does: 'go', href: '#/decisions?q=x' });
  assert.equal(keyAction('9', route, false), undefined);
  for (const key of ['1', '/', 'p']) assert.equal(keyAction(key, route, true), undefined);
});

test('selection: newest first; facets count what the other fields leave', () => {
  const decisions = Array.from({ length: 20 }, (_, i) => someDecision(i + 1));
  const select = (query: string) => selectDecisions(decisions, new URLSearchParams(query));
  const all = select('');
  assert.equal(all.shown[0]?.seq, 20);
  assert.deepEqual(Object.fromEntries(all.verdicts), {
    agree: 8,
    raced: 4,
    undecided: 4,
    diverge: 4,
  });
  assert.equal(all.findings.get('rfc6724.r5.5'), 6);
  assert.equal(select('verdict=agree').shown.length, 12);
  assert.equal(select('verdict=raced').shown.length, 4);
  assert.equal(select('verdict=raced&verdict=diverge').shown.length, 8);
  assert.deepEqual(select('verdict=raced').verdicts, all.verdicts);
  assert.equal(select('finding=rfc6724.r5.5').shown.length, 6);
  assert.equal(select('comm=app3').shown.length, 3);
  assert.equal(select('q=APP2%20diverge').shown.length, 1);
  assert.match(select('prefix=x').error ?? '', /no IPv6 prefix/);
  assert.equal(select('unknown=x').shown.length, 20);
});

test('rates: by second and verdict, bounded, merged into columns without loss', () => {
  const rates: Rates = new Map();
  for (let i = 0; i < 2 * RATE_SECONDS_MAX; i++) {
    countRate(rates, { ...someDecision(i), tsNs: `${i}000000001` });
  }
  assert.equal(rates.size, RATE_SECONDS_MAX);
  const { widthSec, columns } = rateColumns(rates, RATE_SECONDS_MAX, 2 * RATE_SECONDS_MAX - 1, 100);
  assert.equal(widthSec, 12);
  const sum = columns.reduce((n, c) => n + c.agree + c.raced + c.diverge + c.undecided, 0);
  assert.equal(sum, RATE_SECONDS_MAX);
});

test('topology: every PvD has a row of its own, and lines lead to what it is made of', () => {
  const pipeline = createPipeline();
  const store = createStore();
  const events = [...seeded(), ...manyPvds(50)];
  for (const record of encode(events)) applyFrame(store, step(pipeline, record), 0);
  const [view] = [...store.history.now.values()];
  assert.ok(view);
  const topology = layoutTopology(view);
  for (const column of COLUMNS) {
    const rows = topology.nodes.filter((node) => node.column === column).map(({ row }) => row);
    assert.equal(new Set(rows).size, rows.length, column);
    assert.ok(Math.max(...rows) < topology.rows);
  }
  assert.equal(topology.nodes.filter(({ column }) => column === 'pvd').length, 52);
  const focus = focusOn(topology, 'pvd pvd-5.example.org');
  assert.deepEqual(focus.nodes.map(({ column, label }) => `${column} ${label}`).sort(), [
    'interface lan3',
    'interface lan4',
    'prefix 2001:db8:5:3::/64',
    'prefix 2001:db8:5:4::/64',
    'prefix 2001:db8:f5::/48',
    'pvd pvd-5.example.org',
    'router fe80::3:5',
    'router fe80::4:5',
  ]);
  assert.ok(focus.rows <= 3);
});

test('topology of many PvDs: one row each, in order of their interfaces, boxes that stand for several', () => {
  const pipeline = createPipeline();
  const store = createStore();
  for (const record of encode([...seeded(), ...manyPvds(50)]))
    applyFrame(store, step(pipeline, record), 0);
  const [view] = [...store.history.now.values()];
  assert.ok(view);
  const topology = summarizeTopology(view);
  assert.ok(topology.rows >= 52 && topology.rows < 58, `${topology.rows}`);
  const of = (id: string) => topology.nodes.find((node) => node.id === id);
  const pvd = of('pvd pvd-5.example.org');
  const routers = of('router of pvd pvd-5.example.org');
  const prefixes = of('prefix of pvd pvd-5.example.org');
  assert.deepEqual([routers?.label, prefixes?.label], ['2 routers', '3 prefixes']);
  assert.deepEqual([routers?.row, prefixes?.row], [pvd?.row, pvd?.row]);
  assert.deepEqual(
    topology.edges.filter(([, to]) => to === pvd?.id).map(([from]) => from),
    ['interface 3', 'interface 4'],
  );
  const interfaces = topology.nodes.filter(({ column }) => column === 'interface');
  const rows = interfaces.map(({ row }) => row).sort((a, b) => a - b);
  assert.ok(rows.every((row, i) => i === 0 || row - (rows[i - 1] as number) >= 1));
  const ids = new Set(topology.nodes.map(({ id }) => id));
  assert.equal(ids.size, topology.nodes.length);
  assert.ok(topology.edges.every(([from, to]) => ids.has(from) && ids.has(to)));
});

test('time travel: undoing the journal gives each state that there was', () => {
  const pipeline = createPipeline();
  const store = createStore();
  const states: (readonly [string, string])[] = [];
  const events = [
    ...seeded(),
    address(at(3), '2001:db8:a::7'),
    routeEvent(at(4), 7, '2001:db8:7::/48'),
    address(at(5, 'del'), '2001:db8:a::7'),
    { ...at(6, 'del'), kind: 'netns', inum: 1 } as const,
  ];
  for (const record of encode(events)) {
    applyFrame(store, step(pipeline, record), 0);
    states.push([`${pipeline.nowNs}`, dump(store.history.now)]);
  }
  const frozen = freeze(store);
  for (const [i, [tsNs, was]] of states.entries()) {
    if (tsNs === states[i + 1]?.[0] || BigInt(tsNs) < 1_300_000_000n) continue;
    assert.equal(dump(stateAt(frozen.history, tsNs)), was, tsNs);
  }
  assert.equal(dump(frozen.history.now), states.at(-1)?.[1], 'and leaves the present as it is');
});

function dump(netns: NetnsViews): string {
  return JSON.stringify(
    [...netns.values()].map(({ cookie, tables }) => [
      cookie,
      ...Object.values(tables).map((table) => [...table.keys()].sort()),
    ]),
  );
}

test('the journal is bounded', () => {
  const store = createStore();
  const value = { name: 'x', value: 1 };
  const data = {
    cause: { kind: 'sysctl', hook: 'none', op: 'new' },
    changes: Array.from({ length: 1000 }, () => ({ object: 'sysctl', op: 'new', value }) as const),
  };
  for (let i = 1; i <= 50; i++) applyFrame(store, [envelope(i, 'change', data)], 0);
  assert.ok(store.history.journal.length <= JOURNAL_MAX);
});

test('instants: order, seconds and back', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 1n << 62n), fc.bigInt(0n, 1n << 62n), (a, b) => {
      assert.equal(Math.sign(compareNs(`${a}`, `${b}`)), a < b ? -1 : a > b ? 1 : 0);
      assert.equal(secOf(`${a}`), Number(a / 1_000_000_000n));
    }),
  );
  assert.equal(fromSec(toSec('12345678000')), '12345678000');
});

test('lag: what comes later than at best, whatever the clocks say', () => {
  const store = createStore();
  applyFrame(store, [{ ...envelope(1, 'decision', DECISION), tsNs: '1000000000' }], 50_000);
  applyFrame(store, [{ ...envelope(2, 'decision', DECISION), tsNs: '2000000000' }], 54_000);
  assert.equal(lagMs(store), 3000);
});

test('usage: who used a PvD, and which sockets are bound to its interfaces', () => {
  const sock = {
    cookie: '5',
    mark: 0,
    boundDevIf: 3,
    family: 10,
    type: 1,
    protocol: 6,
    state: 1,
    srcprefs: 0,
  };
  const decisions = [1, 2, 3].map((seq) => envelope(seq, 'decision', { ...DECISION, sock }));
  assert.deepEqual(usersOf(decisions, '7', 'pvd.example'), [
    { comm: 'curl', tgid: 10, routes: 3, sources: 3, mixed: 0 },
  ]);
  assert.deepEqual(usersOf(decisions, '8', 'pvd.example'), []);
  assert.equal(boundTo(decisions, '7', new Set([3])).length, 1);
  assert.equal(boundTo(decisions, '7', new Set([4])).length, 0);
});

test('the timeline: each happening once, the newest first, within its span', () => {
  const { envelopes } = createScene(100);
  const store = createStore();
  applyFrame(store, envelopes, 0);
  const lanes = happenings(store, '10000000000', '20000000000');
  const items = newestFirst(lanes, 1000);
  assert.equal(new Set(items).size, items.length);
  assert.ok(items.length > 5);
  assert.ok(items.every(({ tsNs }) => toSec(tsNs) >= 10 && toSec(tsNs) <= 20));
  assert.ok(items.every((item, i) => compareNs(item.tsNs, items[i + 1]?.tsNs ?? '0') >= 0));
  assert.equal(thinned(Array.from({ length: 1000 }), 400).length, 400);
});

test('to ask again: words of a shell stay words', () => {
  const query = { ...DECISION.query, oif: 3, saddr: '2001:db8::1', mark: 5, uid: 1000 };
  const command = routeGet({ ...DECISION, query }, "a'; rm -rf $HOME;'");
  assert.match(command, /oif 'a'\\''; rm -rf \$HOME;'\\''' mark 5 uid 1000/);
  assert.equal(shellWord('eth0.5'), 'eth0.5');
  assert.equal(shellWord('-n'), "'-n'");
  assert.equal(JSON.parse(queryFile(DECISION)).daddr, DECISION.query.daddr);
  const bound = { ...DECISION, query: { ...query, binding: ['one.example'] } };
  assert.deepEqual(JSON.parse(queryFile(bound)).binding, ['one.example']);
});

test('the agent is asked how a decision came about until it says, not twice at once', async (t) => {
  const answers = [
    new Response('too many explanations are asked', { status: 429 }),
    Response.json({ seq: 7, lines: ['lookup 1'], script: null, explanation: null }),
  ];
  let asked = 0;
  t.mock.method(globalThis, 'fetch', () => Promise.resolve(answers[asked++]));
  let told = (): void => {};
  const explainer = createExplainer(
    new URL('http://[::1]:8650/'),
    () => '',
    () => told(),
  );
  const answer = (): Promise<void> =>
    new Promise((resolve) => {
      explainer.ask(7, 'run');
      told = resolve;
      explainer.ask(7, 'run');
    });
  await answer();
  assert.match(explainer.of('run').untold['7'] ?? '', /too many/);
  await answer();
  assert.deepEqual(explainer.of('run').report.explanations, { '7': ['lookup 1'] });
  explainer.ask(7, 'run');
  assert.equal(asked, 2);
  assert.deepEqual(explainer.of('another run').report.explanations, {});
});
