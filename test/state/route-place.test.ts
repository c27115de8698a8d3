/** What replaces a route stands where that stood (`fib6_add_rt2node()`). */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BeginEvent, EventHeader, KernelEvent, RouteEvent } from '../../src/decode/event.ts';
import { at, dumpMark, route, stateOf, worldOf } from './fixture.ts';

const DST = '2001:db8::/32';
const NLM_F_REPLACE = 0x100;

const purged = (id: number, dst = DST): RouteEvent =>
  route({ ...at(3, 'del'), hook: 'fib6_purge_rt' }, id, dst);
const added = (id: number, nlmsgFlags: number, dst = DST, op: 'new' | 'fail' = 'new') => {
  const h: EventHeader = { ...at(3, op), hook: 'fib6_add' };
  return { ...route(h, id, dst), nlmsgFlags };
};
const deleting = (id: number): BeginEvent => {
  const { entry } = route(at(3), id, DST);
  return {
    ...at(3, 'begin'),
    hook: 'fib6_del',
    kind: 'begin',
    id: entry.id,
    of: 'route',
    ifindex: 2,
  };
};

/** Ids, in order, after 1, 2, 3 and 4 of one prefix, of which 4 is of another metric. */
function orderAfter(...events: KernelEvent[]): number[] {
  const before = [
    dumpMark(1, 'begin'),
    ...[1, 2, 3].map((id) => route(at(1.1, 'dump'), id, DST)),
    route(at(1.1, 'dump'), 4, DST, { metric: 7 }),
    dumpMark(1.2, 'end'),
  ];
  const base = route(at(1), 0, DST).entry.id;
  return [...stateOf(worldOf([...before, ...events])).routes.keys()].map((id) => Number(id - base));
}

test('in place of the first, of one within, of the last', () => {
  assert.deepEqual(orderAfter(purged(1), added(9, NLM_F_REPLACE)), [4, 9, 2, 3]);
  assert.deepEqual(orderAfter(purged(2), added(9, NLM_F_REPLACE)), [1, 4, 9, 3]);
  assert.deepEqual(orderAfter(purged(3), added(9, NLM_F_REPLACE)), [1, 2, 4, 9]);
});

test('in place of several, which were one multipath route', () => {
  assert.deepEqual(orderAfter(purged(1), purged(2), added(9, NLM_F_REPLACE)), [4, 9, 3]);
  assert.deepEqual(orderAfter(purged(1), purged(3), added(9, NLM_F_REPLACE)), [4, 9, 2]);
  assert.deepEqual(orderAfter(purged(1), purged(2), purged(3), added(9, NLM_F_REPLACE)), [4, 9]);
});

test('its next paths come behind the others, as without the flag', () => {
  const events = [purged(1), added(8, NLM_F_REPLACE), added(9, 0)];
  assert.deepEqual(orderAfter(...events), [4, 8, 2, 3, 9]);
});

test('what is deleted, and then added anew, comes last', () => {
  assert.deepEqual(orderAfter(deleting(1), purged(1), added(9, NLM_F_REPLACE)), [2, 3, 4, 9]);
  assert.deepEqual(orderAfter(purged(1), added(9, 0)), [2, 3, 4, 9]);
});

test('places of other prefixes are other places', () => {
  const events = [purged(1), added(8, NLM_F_REPLACE, '2001:db8::/33'), added(9, NLM_F_REPLACE)];
  assert.deepEqual(orderAfter(...events), [4, 8, 9, 2, 3]);
});

test('a second replacement stands where the first did', () => {
  const events = [purged(1), added(8, NLM_F_REPLACE), purged(8), added(9, NLM_F_REPLACE)];
  assert.deepEqual(orderAfter(...events), [4, 9, 2, 3]);
});
