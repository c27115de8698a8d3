/** A kernel that knows PvDs: flows are judged by what they are bound to, and by its association. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KernelEvent, NetpvdEvent } from '../src/decode/event.ts';
import { addr6 } from '../src/net/addr6.ts';
import { createPipeline, finish, step } from '../src/pipeline.ts';
import type { DecisionData } from '../src/publish/decision-data.ts';
import type { Envelope } from '../src/publish/envelope.ts';
import { encode, flow, lookup, START, saddr, tick } from './pipeline-run.ts';
import {
  address,
  at,
  dumpMark,
  entry,
  link,
  pio,
  pvd,
  RA_DEFAULT,
  ra,
  route,
  SLAAC,
} from './state/fixture.ts';

const ONE = { id: 1, name: 'one.example', router: 'fe80::1', saddr: '2001:db8:a::5' };
const TWO = { id: 2, name: 'two.example', router: 'fe80::2', saddr: '2001:db8:b::5' };
type Domain = typeof ONE;

function netpvd(sec: number, { id, name, router }: Domain, op: 'new' | 'del' = 'new'): NetpvdEvent {
  const rest = { ifindex: 2, flags: 0, sequence: 0, delay: 0 };
  return {
    ...at(sec, op),
    hook: 'pvd_register',
    kind: 'netpvd',
    id,
    name,
    ...rest,
    router: addr6(router),
  };
}

/** An RA of a domain, and what the kernel made of it: in `as` by its own association. */
function learned(sec: number, domain: Domain, metric: number, as = domain.id): KernelEvent[] {
  const { router, saddr: source, id, name } = domain;
  const prefix = source.replace('::5', '::/64');
  const options = [pvd(name, []), pio(prefix)];
  return ra(sec, { router, options }, [
    { ...route(at(sec), 100 * id, '::/0', defaultVia(domain, metric)), pvd: as },
    { ...address(at(sec), source, SLAAC), pvds: [as] },
  ]);
}

function defaultVia({ router }: Domain, metric: number) {
  return { ...RA_DEFAULT, metric, gateway: addr6(router) };
}

const METRIC = { 1: 10, 2: 20 } as const;

function run(
  events: readonly KernelEvent[],
  state: readonly KernelEvent[] = [...learned(2, ONE, METRIC[1]), ...learned(2.1, TWO, METRIC[2])],
): DecisionData[] {
  const start = { ...START, info: { ...START.info, profile: 'linux-pvd' } };
  const pipeline = createPipeline();
  const all = [
    start,
    dumpMark(1.1, 'begin'),
    link(at(1.11, 'dump')),
    dumpMark(1.2, 'end'),
    netpvd(1.3, ONE),
    netpvd(1.4, TWO),
    ...state,
    ...events,
    tick(20),
  ];
  const out: Envelope[] = encode(all).flatMap((record) => step(pipeline, record));
  out.push(...finish(pipeline));
  return out.flatMap((one) => (one.kind === 'decision' ? [one.data] : []));
}

/** A flow by the router of `route` from the address of `source`. */
function took(routed: Domain, source: Domain, bound?: readonly number[]): KernelEvent[] {
  const used = entry(100 * routed.id, '::/0', defaultVia(routed, routed.id === 1 ? 10 : 20));
  const gateway = addr6(routed.router);
  const from = addr6(source.saddr);
  const to = bound === undefined ? {} : { bound };
  return [
    lookup(3, { entry: used, gateway, ...to }),
    saddr(3, { saddr: from, routePvd: routed.id, ...to }),
    flow(3, { saddr: from, gateway, ...to }),
  ];
}

const CASES: readonly [why: string, events: KernelEvent[], verdict: string][] = [
  ['unbound: the best route, and rule 5.5', took(ONE, ONE), 'agree'],
  ['unbound: not the source of another PvD', took(ONE, TWO), 'diverge'],
  ['bound to the second', took(TWO, TWO, [2]), 'agree'],
  ['bound to the second, by the router of the first', took(ONE, ONE, [2]), 'diverge'],
  ['bound to the second, from the first', took(TWO, ONE, [2]), 'diverge'],
  ['bound to both: the best route of them', took(ONE, ONE, [2, 1]), 'agree'],
  ['bound to both: not the worse one', took(TWO, TWO, [2, 1]), 'diverge'],
  ['bound to one of which nothing was told', took(TWO, TWO, [7]), 'undecided'],
];

for (const [why, events, verdict] of CASES) {
  test(`${why}: ${verdict}`, () => {
    const [data, ...rest] = run(events);
    assert.deepEqual([data?.verdict.verdict, rest.length], [verdict, 0], JSON.stringify(data));
  });
}

test('the binding is told by name', () => {
  const [data] = run(took(TWO, TWO, [2]));
  assert.deepEqual(data?.query.binding, ['two.example']);
  assert.equal(run(took(ONE, ONE))[0]?.query.binding, undefined);
});

test('the kernel decides by its own association; that it is another one is a finding', () => {
  // What the second announced is in the first PvD, for this kernel.
  const state = [...learned(2, ONE, METRIC[2]), ...learned(2.1, TWO, METRIC[1], ONE.id)];
  const by = { gateway: addr6(TWO.router), saddr: addr6(TWO.saddr) };
  const used = entry(200, '::/0', defaultVia(TWO, METRIC[1]));
  const run1 = (bound: readonly number[]) =>
    run(
      [
        lookup(3, { entry: used, gateway: by.gateway, bound }),
        saddr(3, { saddr: by.saddr, routePvd: ONE.id, bound }),
        flow(3, { ...by, bound }),
      ],
      state,
    )[0];
  assert.equal(run1([TWO.id])?.verdict.verdict, 'diverge');
  const data = run1([ONE.id]);
  assert.equal(data?.verdict.verdict, 'agree');
  const told = data?.findings.map(({ code, evidence }) => `${code}: ${evidence}`) ?? [];
  assert.deepEqual(
    told.filter((text) => /-pvd: /.test(text)),
    [
      'pvd.address-pvd: 2001:db8:b::5 is in one.example; the last RA with it is of two.example',
      'pvd.route-pvd: ::/0 is in one.example; the last RA with it is of two.example',
    ],
  );
});

test('a PvD that left the registry holds no route, and still binds', () => {
  const gone = netpvd(2.5, TWO, 'del');
  const [data] = run([gone, ...took(ONE, ONE, [TWO.id])]);
  assert.equal(data?.verdict.verdict, 'diverge');
});

test('a PvD made by hand exists, though no RA told of it', () => {
  const hand = netpvd(2.5, { id: 3, name: 'hand.example', router: '::', saddr: '' });
  const error = -99; // EADDRNOTAVAIL: it has no address
  const bound = [3];
  const [data] = run([
    hand,
    lookup(3, { entry: undefined, tries: [], error: -101, oif: 1, bound }),
    saddr(3, { error, bound }),
    flow(3, { error, bound }),
  ]);
  assert.equal(data?.verdict.verdict, 'agree', JSON.stringify(data));
});

test('a kernel that was told to keep no PvDs has no rule 5.5 either', () => {
  // parse_pvd 0: the RAs are attributed here, but nothing is in a PvD there. The newest address wins.
  const outside = (sec: number, domain: Domain, metric: number): KernelEvent[] =>
    learned(sec, domain, metric).map((event) => {
      if (event.kind === 'addr') return { ...event, pvds: [] };
      return event.kind === 'route' ? { ...event, pvd: 0 } : event;
    });
  const state = [...outside(2, ONE, METRIC[1]), ...outside(2.1, TWO, METRIC[2])];
  const used = entry(100, '::/0', defaultVia(ONE, METRIC[1]));
  const from = (domain: Domain) => {
    const source = addr6(domain.saddr);
    const events = [
      lookup(3, { entry: used }),
      saddr(3, { saddr: source }),
      flow(3, { saddr: source }),
    ];
    return run(events, state)[0]?.verdict.verdict;
  };
  assert.deepEqual([from(TWO), from(ONE)], ['agree', 'diverge']);
});
