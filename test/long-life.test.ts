/** A day of lifetimes that run out: nothing diverges, nothing piles up. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Pipeline, statsOf } from '../src/pipeline.ts';
import { EXPECTED, runDay } from './long-life-run.ts';

/** How much hangs off `root`: members of every object, array, map and set, each once. */
function reachable(root: unknown): number {
  const seen = new Set<unknown>();
  const todo = [root];
  let count = 0;
  while (todo.length > 0) {
    const one = todo.pop();
    if (typeof one !== 'object' || one === null || seen.has(one)) continue;
    seen.add(one);
    if (ArrayBuffer.isView(one)) continue;
    const members =
      one instanceof Map ? [...one].flat() : one instanceof Set ? [...one] : Object.values(one);
    count += members.length;
    for (const member of members) todo.push(member);
  }
  return count;
}

function assertAgreed(pipeline: Pipeline): void {
  const { verdicts, drift, decisions } = statsOf(pipeline);
  assert.deepEqual(
    { decisions, agree: verdicts.agree, diverge: verdicts.diverge, drift },
    { decisions: EXPECTED, agree: EXPECTED, diverge: 0, drift: {} },
  );
}

test('all agrees, and as much is kept as after an hour', () => {
  const sizes: number[] = [];
  assertAgreed(runDay((pipeline) => void sizes.push(reachable(pipeline))));
  assert.equal(sizes.length, 24);
  // What RAs said is swept away some hours after it ran out: a saw whose teeth do not grow.
  const most = Math.max(...sizes.slice(0, 5));
  assert.ok(Math.max(...sizes) <= most * 1.1, `members an hour: ${sizes.join(' ')}`);
});

test('without a dump all day, what the model names stays bounded', () => {
  const names: number[] = [];
  const pipeline = runDay(({ court }) => {
    const [netns] = court.judge.histories.values();
    names.push(netns?.history.model?.state.neighSlots.size ?? 0);
  }, false);
  assertAgreed(pipeline);
  // A router a minute: 1,440 of them, each with two names.
  assert.ok(Math.max(...names) < 1000, `names an hour: ${names.join(' ')}`);
});
