/** A model that followed changes, forward and back, is the model of the state they lead to. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { KernelEvent } from '../../src/decode/event.ts';
import { leafRoutes } from '../../src/model/fib6-leaf.ts';
import {
  applyChange,
  createEditableModel,
  currentState,
  type EditableModel,
  type Undo,
} from '../../src/model/model-edit.ts';
import type { ModelState } from '../../src/model/model-state.ts';
import { addr6 } from '../../src/net/addr6.ts';
import { applyEvent } from '../../src/state/apply.ts';
import type { Change } from '../../src/state/change.ts';
import type { Snapshot } from '../../src/state/snapshot.ts';
import { createWorld, snapshotOf } from '../../src/state/world.ts';
import {
  address,
  at,
  COOKIE,
  dumpMark,
  label,
  link,
  neighbour,
  route,
  rule,
} from '../state/fixture.ts';

const START = [
  dumpMark(1, 'begin'),
  link(at(1.1, 'dump')),
  route(at(1.1, 'dump'), 1, '::/0', { gateway: addr6('fe80::1') }),
  dumpMark(1.2, 'end'),
];

/** Changes of few things, so that they meet. */
const op = fc.constantFrom('new', 'change', 'del') as fc.Arbitrary<'new' | 'change' | 'del'>;
const small = fc.integer({ min: 0, max: 5 });
const mutation: fc.Arbitrary<KernelEvent> = fc.oneof(
  // What is where in a FIB never changes while it is there (`struct fib6_info`).
  fc
    .record({ op, id: small, flags: fc.constantFrom(1, 3), replaces: fc.boolean() })
    .map(({ op, id, flags, replaces }) => {
      const fields = { metric: 1 + (id % 2), gateway: addr6(`fe80::${id + 1}`), flags };
      const dst = id < 4 ? '2001:db8::/32' : '2001:db8:1::/48';
      const hook = replaces ? (op === 'del' ? 'fib6_purge_rt' : 'fib6_add') : 'none';
      const nlmsgFlags = replaces ? 0x100 : 0;
      return { ...route({ ...at(2, op), hook }, 10 + id, dst, fields), nlmsgFlags };
    }),
  fc.record({ op, id: small }).map(({ op, id }) => {
    const flags = op === 'change' ? 0xa0 : 0x80;
    return address(at(2, op), `2001:db8:a::${id + 1}`, { flags, cstampNs: 1n });
  }),
  fc
    .record({ op, id: small })
    .map(({ op, id }) => neighbour(at(2, op), `fe80::${id + 1}`, 1 << id)),
  fc
    .record({ op, id: small })
    .map(({ op, id }) => rule(at(2, op), 100 + id, { id: BigInt(id + 1) })),
  fc.record({ op, id: small }).map(({ op, id }) => label(at(2, op), `2001:db8:${id}::/48`, id)),
);

/** All that predictions read, in a form that can be compared. */
function view(state: ModelState): unknown {
  const places = ['::/0', '2001:db8::/32', '2001:db8:1::/48'].map((text) => {
    const [dst = '::', len = '0'] = text.split('/');
    const place = { table: 254, dst: addr6(dst), dstLen: Number(len), src: addr6('::'), srcLen: 0 };
    return leafRoutes(state.fib, place);
  });
  const nud = [1, 2, 3, 4, 5, 6].map((id) => {
    const slot = state.neighSlots.get(`2 fe80::${id}`);
    return slot === undefined ? 0x100 : state.nud[slot];
  });
  const devices = [...state.devices.values()].map(({ addrs, ...rest }) => ({
    ...rest,
    addrs: addrs.map(({ address, label }) => ({ address, label })),
  }));
  return { places, nud, devices, rules: state.rules, labels: state.labels };
}

function seededWorld(): { snapshot: Snapshot; apply: (event: KernelEvent) => readonly Change[] } {
  const world = createWorld();
  for (const event of START) applyEvent(world, event);
  const snapshot = snapshotOf(world, COOKIE);
  assert.ok(snapshot);
  return { snapshot, apply: (event) => applyEvent(world, event) };
}

function follow(model: EditableModel, changes: readonly Change[]): Undo[] {
  return changes.flatMap((change) => applyChange(model, change) ?? []);
}

test('following every change gives what arranging the result gives', () => {
  fc.assert(
    fc.property(fc.array(mutation, { maxLength: 30 }), (events) => {
      const { snapshot, apply } = seededWorld();
      const model = createEditableModel(snapshot);
      for (const event of events) follow(model, apply(event));
      const fresh = currentState(createEditableModel(snapshot));
      assert.deepEqual(view(currentState(model)), view(fresh));
    }),
    { numRuns: 300 },
  );
});

test('taking changes back gives every state before them again', () => {
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 20 }), (events) => {
      const { snapshot, apply } = seededWorld();
      const model = createEditableModel(snapshot);
      const views: unknown[] = [];
      const undos: Undo[][] = [];
      for (const event of events) {
        views.push(structuredClone(view(currentState(model))));
        undos.push(follow(model, apply(event)));
      }
      for (let i = undos.length - 1; i >= 0; i--) {
        for (const undo of (undos[i] ?? []).reverse()) undo();
        assert.deepEqual(view(currentState(model)), views[i]);
      }
    }),
    { numRuns: 300 },
  );
});
