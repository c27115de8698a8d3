/** A host as the stream tells of it: fifty PvDs, hostile names, decisions of every verdict. */

import type { HubSource } from '../../../agent/serve/hub.ts';
import { sourceOf } from '../../../agent/serve/source.ts';
import type { KernelEvent } from '../../../src/decode/event.ts';
import { addr6 } from '../../../src/net/addr6.ts';
import { createPipeline, finish, step } from '../../../src/pipeline.ts';
import type { DecisionData } from '../../../src/publish/decision-data.ts';
import type { Envelope } from '../../../src/publish/envelope.ts';
import type { ReportData } from '../../../src/publish/report-data.ts';
import type { Verdict } from '../../../src/verify/verdict.ts';
import { CURL, decision, encode, lookup, seeded, tick } from '../../pipeline-run.ts';
import { DECISION, envelope } from '../../publish/fixture.ts';
import {
  address,
  at,
  COOKIE,
  dnssl,
  link,
  pio,
  pvd,
  RA_DEFAULT,
  ra,
  rdnss,
  rio,
  route,
  SLAAC,
} from '../../state/fixture.ts';

export const MARKUP = '<img src=x onerror="window.ran=1">';
export const CONTROL = '\u001b[2J\u202eevil\u0000\u009b';
export const LONG_NAME: string = [1, 2, 3, 4].map((i) => `${i}`.repeat(61)).join('.');
const HOST = { cookie: `${COOKIE}`, name: 'host' };

/** Routers on four links announce `count` PvDs; every fifth PvD is on two links. */
export function manyPvds(count: number): KernelEvent[] {
  const events: KernelEvent[] = [3, 4, 5].map((i) => link(at(2.2), i, `lan${i}`));
  for (let i = 0; i < count; i++) {
    const hex = i.toString(16);
    for (const ifindex of i % 5 === 0 ? [2 + (i % 4), 2 + ((i + 1) % 4)] : [2 + (i % 4)]) {
      const prefix = `2001:db8:${hex}:${ifindex}::/64`;
      const router = `fe80::${ifindex}:${hex}`;
      const inside = [
        rio(`2001:db8:f${hex}::/48`),
        rdnss([`2001:db8:${hex}::53`]),
        dnssl([`n${i}.example`]),
      ];
      const options = [pio(prefix), pvd(`pvd-${i}.example.org`, inside, { sequence: i })];
      const own = address(at(2.3), `2001:db8:${hex}:${ifindex}::99`, { ...SLAAC, ifindex });
      const gateway = addr6(router);
      const away = route(at(2.3), 1000 + i * 8 + ifindex, '::/0', {
        ...RA_DEFAULT,
        gateway,
        oif: ifindex,
      });
      events.push(...ra(2.3 + i / 1000, { router, ifindex, options }, [own, away]));
    }
  }
  return events;
}

export function hostileEvents(): KernelEvent[] {
  return [
    link(at(2.5), 9, MARKUP.slice(0, 15)),
    link(at(2.5), 10, CONTROL),
    ...ra(2.6, {
      ifindex: 9,
      router: 'fe80::9',
      options: [pvd(LONG_NAME, [pio('2001:db8:99::/64')])],
    }),
    ...ra(2.7, {
      router: 'fe80::66',
      options: [pvd('\\027[2J<b>.example', [dnssl(['\\155\\007<i>.example'])])],
    }),
    lookup(3, { inFlow: false, task: { ...CURL, comm: MARKUP.slice(0, 15) } }),
    lookup(3, { inFlow: false, task: { ...CURL, comm: CONTROL } }),
  ];
}

const VERDICTS: readonly Verdict[] = [
  { verdict: 'agree', raced: false },
  { verdict: 'agree', raced: false },
  { verdict: 'agree', raced: true },
  { verdict: 'undecided', reason: 'unmodelled:nexthop-group' },
  { verdict: 'diverge' },
];

/** A decision of any verdict, now and then with a finding. */
export function someDecision(seq: number): Envelope<'decision'> {
  const verdict = VERDICTS[seq % VERDICTS.length] as Verdict;
  const data: DecisionData = {
    ...DECISION,
    task: { pid: 100 + (seq % 7), tgid: 100 + (seq % 7), comm: `app${seq % 7}`, cgroupId: '1' },
    verdict,
    blame: verdict.verdict === 'diverge' ? BLAME : null,
    findings: seq % 3 === 0 ? [FINDING] : [],
  };
  return envelope(seq, 'decision', data, HOST);
}

const FINDING = {
  code: 'rfc6724.r5.5',
  evidence: `source of PvD a.example, next hop of ${MARKUP}`,
};
const BLAME = {
  part: 'saddr',
  index: 0,
  expectedCount: 1,
  expected: [
    { error: 0, route: null, table: 254, oif: 2, gateway: 'fe80::1', source: '2001:db8:a::5' },
  ],
} as const;

export interface Scene {
  readonly envelopes: readonly Envelope[];
  readonly source: HubSource;
}

/** Envelopes of a run: all that is known, then `decisions` that are made up, over a minute. */
export function createScene(decisions = 200): Scene {
  const pipeline = createPipeline();
  const envelopes: Envelope[] = [];
  const events = [
    ...seeded(),
    ...manyPvds(50),
    ...hostileEvents(),
    ...decision(3.2, 9n),
    tick(5),
    tick(64),
  ];
  for (const record of encode(events)) envelopes.push(...step(pipeline, record));
  envelopes.push(...finish(pipeline));
  for (let i = 0; i < decisions; i++) {
    const made = someDecision(++pipeline.seq);
    const tsNs = `${5_000_000_000n + (BigInt(i) * 59_000_000_000n) / BigInt(decisions)}`;
    envelopes.push({ ...made, tsNs });
  }
  return { envelopes, source: sourceOf(pipeline) };
}

const LADDER = [
  'lookup 1',
  '  kernel: default via fe80::1 dev eth2',
  '  table main: ::/0 via fe80::1 metric 1024, chosen',
] as const;

/** Of two runs of which the second chooses another router, and is asked something hostile. */
export const REPORT: ReportData = {
  explanations: {},
  scripts: {},
  comparison: {
    base: { name: 'base.pcapng', kernel: '6.1', decisions: 120 },
    next: { name: 'new.pcapng', kernel: '7.2', decisions: 121 },
    flows: [
      {
        cause: 'route',
        flow: 'host: curl connect to 2001:db8:1::1 port 443 tcp',
        base: [{ text: '::/0 via fe80::1 dev eth2 table main, agree', count: 9, seq: 41 }],
        next: [{ text: '::/0 via fe80::2 dev eth2 table main, diverge', count: 9, seq: 44 }],
        accepted: null,
        ladders: [
          ...LADDER.map((line) => [line, line] as const),
          ['to fe80::1', 'to fe80::2'],
          [null, 'rule 3: prefer the other router'],
        ],
      },
      {
        cause: 'missing',
        flow: `host: ${MARKUP} ${CONTROL} connect to 2001:db8::9`,
        base: null,
        next: [{ text: LONG_NAME, count: 1, seq: 45 }],
        accepted: 'known since long',
        ladders: [],
      },
    ],
    omitted: 0,
  },
};
