/** No fault missed: runs that went wrong in known ways, each flagged at the right part. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KernelEvent } from '../../src/decode/event.ts';
import { dumpOf } from './dump-of.ts';
import { healthyRun, type Item, isDecision } from './healthy-run.ts';
import { check, dueOf, judgedOf, mutateRuns } from './mutation-run.ts';
import { KINDS } from './mutations.ts';

const SEEDS = Number(process.env['PVDSCOPE_MUTATION_SEEDS'] ?? 20);

test('a healthy run agrees', () => {
  let decisions = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { items } = healthyRun(seed);
    decisions += items.filter(isDecision).length;
    assert(!check(`seed ${seed}`, items));
  }
  assert(decisions > 5 * SEEDS, `only ${decisions} decisions`);
});

test('a run with a fault is flagged, or the model allows it all the same', (t) => {
  const tallies = mutateRuns(SEEDS);
  assert(KINDS.length >= 30);
  for (const [name, { flagged, equivalent }] of tallies) {
    t.diagnostic(`${name}: ${flagged} flagged, ${equivalent} equivalent`);
  }
});

const MISSED_SEEDS = 5;

/** Every kind in which an update is missed, on the first seeds it can be applied to. */
function* missedUpdates() {
  for (const kind of KINDS.filter(({ name }) => /not (added|removed)$|missed$/.test(name))) {
    for (let seed = 1; seed <= Math.min(SEEDS, MISSED_SEEDS); seed++) {
      const { items, random } = healthyRun(seed);
      const mutated = kind.mutate(items, random);
      if (mutated !== undefined) yield { name: `${kind.name}, seed ${seed}`, items, mutated };
    }
  }
}

test('what a dump finds missing is drift, no divergence', () => {
  let drifted = 0;
  for (const { name, items, mutated } of missedUpdates()) {
    const due = dueOf(mutated, items);
    const { verdicts, drift } = judgedOf(mutated, dumpOf(items));
    const differs = Object.keys(drift).length > 0;
    for (const [id, want] of due) {
      const expected = want !== 'agree' && differs ? 'drift' : want;
      if (expected === 'drift') drifted++;
      assert.equal(verdicts.get(id), expected, `${name}: decision ${id}, ${JSON.stringify(drift)}`);
    }
  }
  assert(drifted > 0);
});

test('after a loss nothing is judged until a dump, whatever is right', () => {
  for (const { name, items, mutated } of missedUpdates()) {
    const at = items.findIndex((item, i) => item !== mutated[i]);
    const counted = mutated.map((item, i) => (i > at ? withLoss(item) : item));
    const { verdicts } = judgedOf(counted);
    for (const item of items.slice(at).filter(isDecision)) {
      assert.equal(verdicts.get(`${item.id}`), 'lost-records', name);
    }
  }
});

/** The CPU says in each record that it had lost one. */
function withLoss(item: Item): Item {
  const lost = <E extends KernelEvent>(event: E): E => ({ ...event, lost: 1 });
  if (!isDecision(item)) return { events: item.events.map(lost) };
  const { id, lookups, saddrs, flow } = item;
  return { id, lookups: lookups.map(lost), saddrs: saddrs.map(lost), flow: lost(flow) };
}
