/** A kernel that takes the wrong route: the divergence names the rule that speaks against it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fib6Entry, KernelEvent, RuleEvent } from '../../src/decode/event.ts';
import { QUIRKS_NEW } from '../../src/model/profile.ts';
import { addr6 } from '../../src/net/addr6.ts';
import { createPipeline, finish, step } from '../../src/pipeline.ts';
import { encode, lookup, seeded, tick } from '../pipeline-run.ts';
import { at, entry, RA_DEFAULT, route, rule } from '../state/fixture.ts';

const HIGH = 1 << 27;
const VIA_RA = '::/0 via fe80::1 dev 2 metric 1024';

interface Row {
  readonly name: string;
  /** What there is beside `::/0 via fe80::1`, which has metric 1024 and medium preference. */
  readonly routes?: readonly (readonly [dst: string, fields: Partial<Fib6Entry>])[];
  readonly rules?: readonly (readonly [pref: number, fields: Partial<RuleEvent>])[];
  /** The one of `routes` that the kernel takes; the RA's own unless given. */
  readonly takes?: number;
  readonly because: string;
}

const ROWS: readonly Row[] = [
  {
    name: 'a shorter prefix',
    routes: [['2001:db8:ffff::/48', {}]],
    because: `${VIA_RA}: loses to 2001:db8:ffff::/48 via fe80::2 dev 2 metric 1024 by longest matching prefix (fib6_node_lookup)`,
  },
  {
    name: 'another prefix',
    routes: [['2001:db8:dead::/48', {}]],
    takes: 0,
    because:
      '2001:db8:dead::/48 via fe80::2 dev 2 metric 1024: does not cover the destination 2001:db8:ffff::1 (fib6_node_lookup)',
  },
  {
    name: 'a route of other sources',
    routes: [['::/0', { src: addr6('2001:db8:b::'), srcLen: 64 }]],
    takes: 0,
    because:
      '::/0 from 2001:db8:b::/64 via fe80::2 dev 2 metric 1024: does not cover the source 2001:db8:a::5 (fib6_node_lookup)',
  },
  {
    name: 'a route of any source beside one of this one',
    routes: [['::/0', { src: addr6('2001:db8:a::'), srcLen: 64 }]],
    because: `${VIA_RA}: loses to ::/0 from 2001:db8:a::/64 via fe80::2 dev 2 metric 1024 by longest matching source prefix (fib6_node_lookup)`,
  },
  {
    name: 'a higher metric',
    routes: [['::/0', { metric: 10 }]],
    because: `${VIA_RA}: loses to ::/0 via fe80::2 dev 2 metric 10 by lower metric (find_rr_leaf)`,
  },
  {
    name: 'a router of lower preference',
    routes: [['::/0', { ...RA_DEFAULT, flags: RA_DEFAULT.flags | HIGH }]],
    because: `${VIA_RA}: loses to ::/0 via fe80::2 dev 2 metric 1024 by router preference (rt6_score_route, RFC 4191, section 3.2)`,
  },
  {
    name: 'a router of lower preference that stands behind',
    routes: [['::/0', { ...RA_DEFAULT, flags: RA_DEFAULT.flags | (3 << 27) }]],
    takes: 0,
    because: `::/0 via fe80::2 dev 2 metric 1024: loses to ${VIA_RA} by router preference (rt6_score_route, RFC 4191, section 3.2)`,
  },
  {
    name: 'the second of equals',
    routes: [['::/0', RA_DEFAULT]],
    takes: 0,
    because: '::/0 via fe80::2 dev 2 metric 1024: not better than the best so far (find_match)',
  },
  {
    name: 'a route whose nexthop is dead',
    routes: [['2001:db8:ffff::/48', { nhFlags: 1 }]],
    takes: 0,
    because: '2001:db8:ffff::/48 via fe80::2 dev 2 metric 1024: its nexthop is dead (find_match)',
  },
  {
    name: 'a table whose rule does not match',
    routes: [['::/0', { table: 100 }]],
    rules: [[100, { table: 100, mark: 7, markMask: 0xffffffff }]],
    takes: 0,
    because: 'rule 100 (table 100): no match, fwmark',
  },
  {
    name: 'a rule that was passed over',
    routes: [['::/0', { table: 100 }]],
    rules: [[100, { table: 100, dst: addr6('2001:db8:ffff::'), dstLen: 48 }]],
    because: 'rule 100 (table 100): matches',
  },
  {
    name: 'a prohibition that was passed over',
    rules: [[100, { action: 8, dst: addr6('2001:db8:ffff::'), dstLen: 48 }]],
    because: 'rule 100 (action 8): matches',
  },
  {
    name: 'a default route that its rule suppresses',
    routes: [['::/0', { table: 100 }]],
    rules: [[100, { table: 100, suppressPrefixlen: 0 }]],
    takes: 0,
    because: 'rule 100 (suppress): matches, prefix length 0',
  },
];

function becauseOf({ routes = [], rules = [], takes }: Row): string | undefined {
  const gateway = addr6('fe80::2');
  const fields = (own: Partial<Fib6Entry>) => ({ gateway, flags: 3, ...own });
  const [dst, own] = (takes === undefined ? undefined : routes[takes]) ?? [];
  const used =
    dst === undefined
      ? entry(100, '::/0', { ...RA_DEFAULT, gateway: addr6('fe80::1') })
      : entry(200 + (takes ?? 0), dst, fields(own ?? {}));
  const source = addr6('2001:db8:a::5');
  const { query } = lookup(3);
  const asked = { query: { ...query, saddr: source }, entry: used, gateway: used.gateway };
  const events: KernelEvent[] = [
    // Found out, not left open: with CONFIG_IPV6_ROUTER_PREF.
    ...seeded().map((one) =>
      one.kind === 'agent-start'
        ? { ...one, info: { ...one.info, quirks: { ...QUIRKS_NEW } } }
        : one,
    ),
    ...routes.map(([to, more], i) => route(at(2.5), 200 + i, to, fields(more))),
    ...rules.map(([pref, more]) => rule(at(2.5), pref, { id: BigInt(pref), ...more })),
    lookup(3, { ...asked, inFlow: false }),
    tick(20),
  ];
  const pipeline = createPipeline();
  const out = [...encode(events).flatMap((record) => step(pipeline, record)), ...finish(pipeline)];
  const [data] = out.flatMap((one) => (one.kind === 'decision' ? [one.data] : []));
  assert.equal(data?.verdict.verdict, 'diverge');
  return data.blame?.because;
}

for (const row of ROWS) {
  test(row.name, () => assert.equal(becauseOf(row), row.because));
}
