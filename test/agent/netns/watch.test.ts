import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NetnsRef } from '../../../agent/netns/handle.ts';
import { difference } from '../../../agent/netns/watch.ts';

function ref(cookie: number, name: string, inum = cookie): NetnsRef {
  return { cookie: BigInt(cookie), name, inum, path: Buffer.from(`/run/netns/${name}`) };
}

const A = ref(1, 'a');
const B = ref(2, 'b');

const TABLE: readonly [
  name: string,
  before: NetnsRef[],
  now: NetnsRef[],
  appeared: string[],
  gone: string[],
][] = [
  ['nothing', [A, B], [A, B], [], []],
  ['one more', [A], [A, B], ['b'], []],
  ['one less', [A, B], [A], [], ['b']],
  ['another name for the same', [A], [ref(1, 'c')], ['c'], []],
  ['an inode used again is another namespace', [A], [ref(9, 'a', 1)], ['a'], ['a']],
  ['a process ended, another is in the same', [ref(5, 'pid:7')], [ref(5, 'pid:9')], ['pid:9'], []],
];

for (const [name, before, now, appeared, gone] of TABLE) {
  test(`difference: ${name}`, () => {
    const known = new Map(before.map((each) => [each.cookie, each]));
    const change = difference(known, { found: now, refused: 3, unready: 0 });
    assert.deepEqual(
      change.appeared.map((each) => each.name),
      appeared,
    );
    assert.deepEqual(
      change.gone.map((each) => each.name),
      gone,
    );
    assert.equal(change.refused, 3);
  });
}
