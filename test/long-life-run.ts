/** A day of a host whose routers, prefixes and PvDs keep changing, compressed into seconds. */

import type { KernelEvent } from '../src/decode/event.ts';
import { addr6 } from '../src/net/addr6.ts';
import { createPipeline, finish, type Pipeline, step } from '../src/pipeline.ts';
import { decision, encode, seeded, tick } from './pipeline-run.ts';
import {
  address,
  at,
  dumpMark,
  LOCAL,
  link,
  neighbour,
  pio,
  pvd,
  RA_DEFAULT,
  RA_PREFIX,
  ra,
  route,
  SLAAC,
} from './state/fixture.ts';

const DAY_SEC = 86_400;
const STEP_SEC = 60;
const LIVES = 3;
/** Decisions: one a step, and one after each dump. */
export const EXPECTED: number = DAY_SEC / STEP_SEC + 24;
const startOf = (n: number): number => 10 + n * STEP_SEC;
/** Each router is heard once and lives this long. */
const LIFE_SEC = 180;

interface Passing {
  readonly router: string;
  readonly prefix: string;
  readonly own: string;
  readonly id: number;
}

/** The nth router: its name, prefix and PvD are new each time. */
function passing(n: number): Passing {
  const hex = n.toString(16);
  const net = `2001:db8:c:${hex}`;
  return { router: `fe80::c:${hex}`, prefix: `${net}::/64`, own: `${net}::5`, id: 1000 + 2 * n };
}

/** Deprecated from the start (IFA_F_DEPRECATED), so that the answer is the same all day. */
const LIFE = { ...SLAAC, flags: 0x120, validLftSec: LIFE_SEC, preferredLftSec: 0 };

/** Neighbour, routes and address that it leaves, as a hook or a dump tells them. */
function leaves(sec: number, n: number, op: 'new' | 'dump', sinceSec = sec): KernelEvent[] {
  const { router, prefix, own, id } = passing(n);
  const h = at(sec, op);
  const expiresNs = at(sinceSec + LIFE_SEC).tsNs;
  const via = { ...RA_DEFAULT, metric: 2048, gateway: addr6(router), expiresNs };
  return [
    neighbour(h, router, 0x04),
    route(h, id, '::/0', via),
    address(h, own, { ...LIFE, tstampNs: at(sinceSec).tsNs }),
    route(h, id + 1, prefix, { ...RA_PREFIX, expiresNs }),
  ];
}

function comes(sec: number, n: number): KernelEvent[] {
  const { router, prefix } = passing(n);
  const option = pvd(`p${n}.example.com`, [pio(prefix, { validSec: LIFE_SEC, preferredSec: 0 })]);
  const spec = { router, header: { lifetimeSec: LIFE_SEC }, options: [option] };
  return ra(sec, spec, leaves(sec, n, 'new'));
}

function goes(sec: number, n: number): KernelEvent[] {
  const { router, prefix, own, id } = passing(n);
  return [
    address(at(sec, 'del'), own, LIFE),
    route(at(sec, 'del'), id, '::/0', { ...RA_DEFAULT, metric: 2048, gateway: addr6(router) }),
    route(at(sec, 'del'), id + 1, prefix, RA_PREFIX),
    neighbour(at(sec, 'del'), router, 0),
  ];
}

/** The dump of every hour, with what is there after the nth router came. */
function dump(sec: number, n: number): KernelEvent[] {
  const h = at(sec + 0.1, 'dump');
  const passed = Array.from({ length: LIVES }, (_, i) => n - i).flatMap((k) =>
    leaves(sec + 0.1, k, 'dump', startOf(k)),
  );
  return [
    dumpMark(sec, 'begin'),
    link(h),
    ...passed.filter(({ kind }) => kind === 'addr'),
    address(h, '2001:db8:a::5', { ...SLAAC, tstampNs: at(startOf(n) + 2).tsNs }),
    address(h, 'fe80::99', { flags: 0x80, scope: 0x20 }),
    route(h, 1, 'fe80::99/128', LOCAL),
    route(h, 100, '::/0', { ...RA_DEFAULT, gateway: addr6('fe80::1') }),
    route(h, 102, '2001:db8:a::/64', RA_PREFIX),
    ...passed.filter(({ kind }) => kind !== 'addr'),
    dumpMark(sec + 0.2, 'end'),
  ];
}

/**
 * Runs it. `onHour` is called after each hour with the hours that have passed; dumps come every
 * hour unless told otherwise.
 */
export function runDay(onHour: (pipeline: Pipeline, hour: number) => void, dumps = true): Pipeline {
  const pipeline = createPipeline();
  const take = (events: readonly KernelEvent[]): void => {
    for (const record of encode(events)) step(pipeline, record);
  };
  take(seeded());
  for (let n = 1; n * STEP_SEC <= DAY_SEC; n++) {
    const sec = startOf(n);
    take(comes(sec, n));
    if (n > LIVES) take(goes(sec + 1, n - LIVES));
    take([address(at(sec + 2, 'change'), '2001:db8:a::5', SLAAC)]);
    take([...decision(sec + 3, BigInt(n)), tick(sec + 10)]);
    if ((n * STEP_SEC) % 3600 !== 0) continue;
    if (dumps) take(dump(sec + 12, n));
    take([...decision(sec + 15, BigInt(n) << 32n)]);
    onHour(pipeline, (n * STEP_SEC) / 3600);
  }
  finish(pipeline);
  return pipeline;
}
