/** RAs are judged in the pipeline: with what the kernel made of them between their two records. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatSummary, summaryExitCode } from '../agent/sink/summary.ts';
import type { KernelEvent } from '../src/decode/event.ts';
import { encodeRecord } from '../src/decode/record.ts';
import { addr6 } from '../src/net/addr6.ts';
import { createPipeline, statsOf, step } from '../src/pipeline.ts';
import type { RaData } from '../src/publish/envelope.ts';
import { CONF } from './case/ip-defaults.ts';
import { START } from './pipeline-run.ts';
import {
  address,
  at,
  dumpMark,
  link,
  pio,
  pvd,
  RA_DEFAULT,
  RA_PREFIX,
  ra,
  route,
  SEC,
  SLAAC,
} from './state/fixture.ts';

type Known = Exclude<KernelEvent, { readonly kind: 'unknown' }>;

/** A namespace with one interface, known from its dump. */
const SEED: readonly KernelEvent[] = [
  dumpMark(1, 'begin'),
  link(at(1, 'dump')),
  { ...at(1, 'dump'), kind: 'devconf', ifindex: 2, conf: { ...CONF, addrGenMode: 0 } },
  dumpMark(1, 'end'),
];
const ROUTER = route(at(2), 1, '::/0', {
  ...RA_DEFAULT,
  gateway: addr6('fe80::1'),
  expiresNs: 1802n * SEC,
});
const ON_LINK = route(at(2), 2, '2001:db8::/64', { ...RA_PREFIX, expiresNs: 7202n * SEC });
const ADDRESS = address(at(2), '2001:db8::ff:fe00:1', SLAAC);

interface Run {
  readonly ras: RaData[];
  readonly diverge: number;
  readonly exitCode: number;
  readonly summary: string;
}

function run(events: readonly KernelEvent[]): Run {
  const pipeline = createPipeline();
  const out = events.flatMap((event) => step(pipeline, encodeRecord(event as Known)));
  const ras = out.flatMap((e) => (e.kind === 'ra' ? [e.data] : []));
  return {
    ras,
    diverge: statsOf(pipeline).raVerdicts.diverge,
    exitCode: summaryExitCode(pipeline),
    summary: formatSummary(pipeline),
  };
}

const codes = (data: RaData | undefined): string[] => data?.differences.map((d) => d.code) ?? [];
const OPTIONS = [pio('2001:db8::/64')];

test('what the RA says, and nothing else: agree', () => {
  const { ras, diverge, exitCode } = run([
    ...SEED,
    ...ra(2, { options: OPTIONS }, [ROUTER, ON_LINK, ADDRESS]),
  ]);
  assert.equal(exitCode, 0);
  assert.deepEqual(ras[0]?.verdict, { verdict: 'agree', raced: false });
  assert.deepEqual([codes(ras[0]), diverge], [[], 0]);
});

test('an address is missing: diverge', () => {
  const { ras, diverge, exitCode, summary } = run([
    ...SEED,
    ...ra(2, { options: OPTIONS }, [ROUTER, ON_LINK]),
  ]);
  assert.deepEqual(ras[0]?.verdict, { verdict: 'diverge' });
  assert.match(summary, /^1 RAs: 0 agree, 1 diverge/m);
  assert.equal(exitCode, 1);
  assert.deepEqual([codes(ras[0]), diverge], [['ra.address-missing'], 1]);
});

test('a nested prefix had an effect', () => {
  const options = [pvd('a.example', OPTIONS)];
  const { ras } = run([...SEED, ...ra(2, { options }, [ROUTER, ON_LINK, ADDRESS])]);
  assert.deepEqual(codes(ras[0]), ['ra.nested-effect', 'ra.nested-effect']);
});

test('what another interface learns meanwhile is not held against it', () => {
  const other = route(at(2), 3, '2001:db8:3::/64', { ...RA_PREFIX, oif: 3 });
  const { ras } = run([...SEED, ...ra(2, {}, [ROUTER, other])]);
  assert.deepEqual(ras[0]?.verdict, { verdict: 'agree', raced: false });
});

test('a kernel that knows PvDs may make more of an RA: undecided, with the differences', () => {
  const start = { ...START, info: { ...START.info, profile: 'linux-pvd' } };
  const nested = [pvd('a.example', OPTIONS)];
  const { ras, exitCode } = run([
    start,
    ...SEED,
    ...ra(2, { options: nested }, [ROUTER, ON_LINK, ADDRESS]),
  ]);
  assert.deepEqual(ras[0]?.verdict, { verdict: 'undecided', reason: 'unmodelled:pvd-kernel' });
  assert.notDeepEqual(codes(ras[0]), []);
  assert.equal(exitCode, 0);
  const plain = run([start, ...SEED, ...ra(2, { options: OPTIONS }, [ROUTER, ON_LINK, ADDRESS])]);
  assert.deepEqual(plain.ras[0]?.verdict, { verdict: 'agree', raced: false });
});

test('a state that is not known: undecided', () => {
  const { ras } = run([link(at(1)), ...ra(2, {}, [ROUTER])]);
  assert.deepEqual(ras[0]?.verdict, { verdict: 'undecided', reason: 'unknown-start-state' });
});
